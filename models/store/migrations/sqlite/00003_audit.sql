-- +goose Up
-- Who changed what. It refers to nothing, because it outlives what it tells of.
CREATE TABLE changes (
    id         text NOT NULL,
    changed_at timestamp NOT NULL,
    by_key_id  text NOT NULL,
    by_name    text NOT NULL,
    action     text NOT NULL,
    noun       text NOT NULL,
    noun_id    text NOT NULL,
    noun_name  text NOT NULL,
    before     text,
    after      text,
    CONSTRAINT changes_id_key PRIMARY KEY (id)
);
CREATE INDEX changes_changed_at ON changes (changed_at, id);
CREATE INDEX changes_noun ON changes (noun, changed_at, id);
CREATE INDEX changes_noun_id ON changes (noun_id, changed_at, id);
CREATE INDEX changes_by_key_id ON changes (by_key_id, changed_at, id);

-- +goose Down
DROP TABLE changes;
