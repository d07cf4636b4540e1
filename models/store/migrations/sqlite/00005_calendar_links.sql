-- +goose Up
-- At most one link of a schedule and one of a user; it goes with whose shifts it shows.
CREATE TABLE calendar_links (
    id          text NOT NULL,
    schedule_id text REFERENCES schedules (id) ON DELETE CASCADE,
    user_id     text REFERENCES users (id) ON DELETE CASCADE,
    hash        blob NOT NULL,
    created_at  timestamp NOT NULL,
    CONSTRAINT calendar_links_id_key PRIMARY KEY (id),
    CHECK ((schedule_id IS NULL) <> (user_id IS NULL))
);
CREATE UNIQUE INDEX calendar_links_hash_key ON calendar_links (hash);
CREATE UNIQUE INDEX calendar_links_schedule_id_key ON calendar_links (schedule_id);
CREATE UNIQUE INDEX calendar_links_user_id_key ON calendar_links (user_id);

-- A schedule's overrides are listed in the order in which they were made.
CREATE INDEX overrides_made ON overrides (schedule_id, created_at, id);

-- +goose Down
DROP INDEX overrides_made;
DROP TABLE calendar_links;
