-- +goose Up
CREATE TABLE api_keys (
    id           text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    role         text NOT NULL,
    prefix       text NOT NULL,
    hash         bytea NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT api_keys_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX api_keys_hash_key ON api_keys (hash);
CREATE INDEX api_keys_created_at ON api_keys (created_at, id);

-- What requests with an Idempotency-Key were answered, for a day. A status of 0 means that the
-- reply is still made. The API key may be gone, and that of the environment is no row.
CREATE TABLE kept_replies (
    key_id     text COLLATE "C" NOT NULL,
    token      text COLLATE "C" NOT NULL,
    claim      text NOT NULL,
    request    bytea NOT NULL,
    status     integer NOT NULL,
    header     jsonb,
    body       bytea,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT kept_replies_token_key PRIMARY KEY (key_id, token)
);
CREATE INDEX kept_replies_claimed_at ON kept_replies (claimed_at);

-- +goose Down
DROP TABLE kept_replies;
DROP TABLE api_keys;
