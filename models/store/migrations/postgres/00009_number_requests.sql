-- +goose Up
-- Where a number may be asked for, and what the form then asks. JSON that comes from elsewhere and is only ever
-- read whole is json, which holds any text; jsonb does not.
CREATE TABLE countries (
    code         text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    types        json,
    source       text NOT NULL,
    refreshed_at timestamptz,
    CONSTRAINT countries_code_key PRIMARY KEY (code)
);

-- The newest copy of what a request's run says. Keys, numbers and routes that it names may be gone.
CREATE TABLE number_requests (
    id              text COLLATE "C" NOT NULL,
    form            json,
    status          text COLLATE "C" NOT NULL,
    acts_next       text COLLATE "C" NOT NULL,
    acts_since      timestamptz NOT NULL,
    by_key_id       text COLLATE "C" NOT NULL,
    by_name         text NOT NULL,
    assignee        json,
    question        json,
    approval        json,
    reason          text NOT NULL,
    provisioning    json,
    phone_number_id text COLLATE "C" NOT NULL,
    call_route_id   text COLLATE "C" NOT NULL,
    history         json,
    remind_at       timestamptz,
    reminders       integer NOT NULL,
    reserved        boolean NOT NULL,
    exceeds         boolean NOT NULL,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT number_requests_id_key PRIMARY KEY (id)
);
-- The list of requests is read from a place on, whatever it is narrowed by.
CREATE INDEX number_requests_created_at ON number_requests (created_at, id);
CREATE INDEX number_requests_status ON number_requests (status, created_at, id);
CREATE INDEX number_requests_by_key_id ON number_requests (by_key_id, created_at, id);
CREATE INDEX number_requests_acts_next ON number_requests (acts_next, acts_since);
CREATE INDEX number_requests_phone_number_id ON number_requests (phone_number_id);
CREATE INDEX number_requests_unstarted ON number_requests (created_at, id) WHERE version = 0;

-- The content is sealed, and null once nobody needs it any more.
CREATE TABLE documents (
    id         text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,
    size       integer NOT NULL,
    by_key_id  text COLLATE "C" NOT NULL,
    by_name    text NOT NULL,
    content    bytea,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT documents_id_key PRIMARY KEY (id)
);
CREATE INDEX documents_request_id ON documents (request_id, created_at, id);

CREATE TABLE notices (
    id          text COLLATE "C" NOT NULL,
    request_id  text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    told_party  text COLLATE "C" NOT NULL,
    email       text NOT NULL,
    assignee    text NOT NULL,
    subject     text NOT NULL,
    text        text NOT NULL,
    mailed_at   timestamptz,
    slacked_at  timestamptz,
    given_up_at timestamptz,
    last_error  text NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT notices_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX notices_key_key ON notices (request_id, key);
CREATE INDEX notices_created_at ON notices (created_at, id);
CREATE INDEX notices_request_id ON notices (request_id, created_at, id);
CREATE INDEX notices_unsent ON notices (request_id, created_at, id) WHERE given_up_at IS NULL AND (mailed_at IS NULL OR slacked_at IS NULL);

ALTER TABLE phone_numbers ADD COLUMN check_at timestamptz;
ALTER TABLE phone_numbers ADD COLUMN exception text NOT NULL DEFAULT '';
ALTER TABLE phone_numbers ADD COLUMN check_result text NOT NULL DEFAULT '';
ALTER TABLE phone_numbers ADD COLUMN check_detail text NOT NULL DEFAULT '';
-- The request that a number is for, null for none: one number fulfils one request.
ALTER TABLE phone_numbers ADD COLUMN number_request_id text COLLATE "C";
CREATE INDEX phone_numbers_number_request_id ON phone_numbers (number_request_id);
CREATE INDEX phone_numbers_carrier_id ON phone_numbers (carrier_id);

-- +goose Down
DROP INDEX phone_numbers_carrier_id;
DROP INDEX phone_numbers_number_request_id;
ALTER TABLE phone_numbers DROP COLUMN number_request_id;
ALTER TABLE phone_numbers DROP COLUMN check_detail;
ALTER TABLE phone_numbers DROP COLUMN check_result;
ALTER TABLE phone_numbers DROP COLUMN exception;
ALTER TABLE phone_numbers DROP COLUMN check_at;
DROP TABLE notices;
DROP TABLE documents;
DROP TABLE number_requests;
DROP TABLE countries;
