package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
)

// The pool of one process. Postgres allows 100 connections unless told otherwise: room for
// four processes and somebody who looks after it.
const (
	postgresConnections    = 20
	postgresConnectTimeout = 5 * time.Second // unless the URL has connect_timeout
)

func newPostgres(url string, log *slog.Logger) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err) // pgx leaves the password out
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresConnectTimeout
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(readUTC))
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections / 2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // so that a moved database is found again
	g, err := openGorm(postgres.New(postgres.Config{Conn: db}), log)
	if err != nil {
		return nil, fmt.Errorf("open database %s on %s: %w", config.Database, config.Host, errors.Join(err, db.Close()))
	}
	about := fmt.Sprintf("database %s on %s, which must be running and let this user in", config.Database, config.Host)
	return &Store{reader: g, writer: g, dialect: goose.DialectPostgres, about: about, log: log}, nil
}

// readUTC makes a connection answer times in UTC, not in the zone of this machine.
func readUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
