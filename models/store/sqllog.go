package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm/logger"
)

// slowQuery is worth a warning: a caller may be waiting for it.
const slowQuery = 200 * time.Millisecond

// sqlLog is gorm's logger: statements at debug level, slow ones as warnings. Errors are not
// logged here, because they are returned and logged once, at the edge.
type sqlLog struct{ log *slog.Logger }

// Trace logs one statement, with placeholders for its values.
func (l sqlLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), _ error) {
	took, level, message := time.Since(begin), slog.LevelDebug, "sql"
	if took >= slowQuery {
		level, message = slog.LevelWarn, "slow sql"
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	sql, rows := statement()
	l.log.LogAttrs(ctx, level, message, slog.String("statement", sql), slog.Int64("rows", rows), slog.Duration("took", took))
}

// ParamsFilter keeps values out of the log: they are numbers and names of people.
func (sqlLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) { return sql, nil }

// LogMode changes nothing: the level is slog's.
func (l sqlLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info logs a remark of gorm's.
func (l sqlLog) Info(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "gorm", "remark", fmt.Sprintf(format, args...))
}

// Warn logs a remark of gorm's.
func (l sqlLog) Warn(ctx context.Context, format string, args ...any) { l.Info(ctx, format, args...) }

// Error logs a remark of gorm's; the error itself is also returned.
func (l sqlLog) Error(ctx context.Context, format string, args ...any) { l.Info(ctx, format, args...) }
