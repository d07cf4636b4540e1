package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// temporalNamespace is the namespace of the product.
const temporalNamespace = "default"

var (
	//go:embed dynamic.yaml
	dynamicYAML []byte
	//go:embed temporal.yaml
	temporalYAML string
)

var temporalConfig = template.Must(template.New("temporal.yaml").Parse(temporalYAML))

// The configuration of both servers is in FOLDER/temporal: each reads the file that is named for the environment it is in.
const (
	serverEnvironment = "server"
	uiEnvironment     = "ui"
)

func (c *Cluster) temporalFolder() string { return filepath.Join(c.config.Folder, "temporal") }

// tool is one of Temporal's programs.
func (c *Cluster) tool(name string) string { return filepath.Join(c.config.Tools, name) }

// checkTools sees that all programs are there before anything starts.
func (c *Cluster) checkTools() error {
	var missing []error
	for _, path := range []string{c.config.Program, c.tool("temporal-server"), c.tool("temporal-sql-tool"), c.tool("temporal-ui")} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("%w: build it with `make cluster-tools`", err))
		}
	}
	return errors.Join(missing...)
}

// configureTemporal writes the configuration of the server and of its web UI.
func (c *Cluster) configureTemporal() error {
	var server bytes.Buffer
	if err := temporalConfig.Execute(&server, map[string]any{
		"Postgres": c.ports.address(postgresPort), "User": databaseUser, "Password": c.secrets.databasePassword,
		"Database": temporalDatabase, "Visibility": visibilityDatabase, "Metrics": c.ports.address(temporalMetricsPort),
		"Frontend": c.ports.at(temporalPort), "HTTP": c.ports.at(temporalHTTPPort), "FrontendMembers": c.ports.at(frontendMembersPort),
		"History": c.ports.at(historyPort), "HistoryMembers": c.ports.at(historyMembersPort),
		"Matching": c.ports.at(matchingPort), "MatchingMembers": c.ports.at(matchingMembersPort),
		"Internal": c.ports.at(internalPort), "InternalMembers": c.ports.at(internalMembersPort),
		"Dynamic": strconv.Quote(filepath.Join(c.temporalFolder(), "dynamic.yaml")),
	}); err != nil {
		return fmt.Errorf("configure Temporal: %w", err)
	}
	ui := fmt.Sprintf(`temporalGrpcAddress: %s
host: 127.0.0.1
port: %d
enableUi: true
defaultNamespace: %s
notifyOnNewVersion: false
codec:
  endpoint: %s/codec
  includeCredentials: true
cors:
  cookieInsecure: true
  allowOrigins: ["%s"]
`, c.ports.address(temporalPort), c.ports.at(uiPort), temporalNamespace, c.ports.url(balancerPort), c.ports.url(uiPort))
	faults := []error{os.MkdirAll(c.temporalFolder(), 0o700)}
	for name, text := range map[string][]byte{
		"dynamic.yaml": dynamicYAML, serverEnvironment + ".yaml": server.Bytes(), uiEnvironment + ".yaml": []byte(ui),
	} {
		faults = append(faults, os.WriteFile(filepath.Join(c.temporalFolder(), name), text, 0o600))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("configure Temporal: %w", err)
	}
	return nil
}

// temporalSchema brings the schema of Temporal's databases up to date.
func (c *Cluster) temporalSchema(ctx context.Context) error {
	for database, schema := range map[string]string{
		temporalDatabase: "postgresql/v12/temporal", visibilityDatabase: "postgresql/v12/visibility",
	} {
		begun := false
		if err := c.onDatabase(ctx, database, func(ctx context.Context, db *pgx.Conn) error {
			return db.QueryRow(ctx, "SELECT to_regclass('schema_version') IS NOT NULL").Scan(&begun)
		}); err != nil {
			return fmt.Errorf("look at database %s: %w", database, err)
		}
		if !begun { // it would begin again from nothing
			if err := c.sqlTool(ctx, database, "setup-schema", "-v", "0.0"); err != nil {
				return err
			}
		}
		if err := c.sqlTool(ctx, database, "update-schema", "--schema-name", schema); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) sqlTool(ctx context.Context, database string, arguments ...string) error {
	return runJob(ctx, Command{
		Name: "temporal-sql-tool", Log: c.logOf("temporal-schema"), Path: c.tool("temporal-sql-tool"),
		Args: append([]string{
			"--plugin", "postgres12_pgx", "--endpoint", "127.0.0.1", "--port", strconv.Itoa(c.ports.at(postgresPort)),
			"--user", databaseUser, "--database", database,
		}, arguments...),
		Env: environment("SQL_PASSWORD=" + c.secrets.databasePassword),
	})
}

// temporal is the Temporal server, all of its services in one process.
func (c *Cluster) temporal() *part {
	return &part{
		name: "temporal", kind: Temporal, within: time.Minute, drain: 20 * time.Second,
		command: func(Program) Command {
			return Command{
				Name: "temporal", Log: c.logOf("temporal"), Path: c.tool("temporal-server"),
				Args: []string{"--root", c.temporalFolder(), "--config", ".", "--env", serverEnvironment, "--allow-no-auth", "start"},
				Env:  environment(),
			}
		},
		ready: func(ctx context.Context) error { return TemporalServes(ctx, c.ports.address(temporalPort)) },
	}
}

// TemporalServes asks once whether a Temporal server takes requests at an address, host:port.
func TemporalServes(ctx context.Context, address string) error {
	to, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer to.Close()
	_, err = to.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// temporalUI is Temporal's web UI.
func (c *Cluster) temporalUI() *part {
	return &part{
		name: "temporal-ui", kind: UI, within: 30 * time.Second, drain: 10 * time.Second,
		command: func(Program) Command {
			return Command{
				Name: "temporal-ui", Log: c.logOf("temporal-ui"), Path: c.tool("temporal-ui"),
				Args: []string{"--root", c.temporalFolder(), "--config", ".", "--env", uiEnvironment, "start"},
				Env:  environment(),
			}
		},
		ready: func(ctx context.Context) error { return Answers(ctx, c.ports.url(uiPort)+"/healthz") },
	}
}
