package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// secretFile is a file with a text.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// noSecrets takes every secret setting away for a test.
func noSecrets(t *testing.T) {
	t.Helper()
	for _, name := range secretSettings {
		for _, name := range []string{name, name + "_FILE"} {
			t.Setenv(name, "") // so that it is put back
			_ = os.Unsetenv(name)
		}
	}
}

func TestASecretIsTheTextOfItsFileWithoutTheLastNewline(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"with a newline":     {"tea pot\n", "tea pot"},
		"without":            {"tea pot", "tea pot"},
		"as Windows has it":  {"tea pot\r\n", "tea pot"},
		"with spaces around": {" tea pot \n", " tea pot "},
	} {
		t.Run(name, func(t *testing.T) {
			noSecrets(t)
			path := secretFile(t, c.text)
			t.Setenv("TEMPORAL_API_KEY_FILE", path)
			if faults := readSecretFiles(); len(faults) != 0 {
				t.Fatal(faults.list())
			}
			if got := os.Getenv("TEMPORAL_API_KEY"); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
			if _, set := os.LookupEnv("TEMPORAL_API_KEY_FILE"); set {
				t.Error("what this process starts would see both, and take that for a mistake")
			}
		})
	}
}

func TestFilesOfSecretsAreFaultyOneByOneAndNeverPrinted(t *testing.T) {
	for name, c := range map[string]struct{ path, says string }{
		"none there":         {"/nowhere/s3cret", "no such file or directory"},
		"a folder":           {t.TempDir(), "is a directory"},
		"empty":              {secretFile(t, ""), "the file is empty"},
		"a newline alone":    {secretFile(t, "\n"), "the file is empty"},
		"two lines":          {secretFile(t, "s3cret\nmore"), "more than one line"},
		"no text":            {secretFile(t, "s3cret\x00"), "is no text"},
		"a secret, no path":  {"s3cret", "no such file or directory"},
		"an unusable secret": {strings.Repeat("s3cret", 1000), "file name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			noSecrets(t)
			t.Setenv("RINGDOWN_ADMIN_KEY_FILE", c.path)
			said := fmt.Sprint(readSecretFiles().list())
			if !strings.Contains(said, "RINGDOWN_ADMIN_KEY_FILE: "+c.says) && !strings.Contains(said, c.says) {
				t.Errorf("it says %s", said)
			}
			if strings.Contains(said, "s3cret") {
				t.Errorf("it prints what may be the secret: %s", said)
			}
		})
	}
}

func TestASettingAndItsFileAreNotBothSet(t *testing.T) {
	noSecrets(t)
	t.Setenv("SMTP_URL", "smtp://mail.example.com")
	t.Setenv("SMTP_URL_FILE", secretFile(t, "smtp://other.example.com"))
	t.Setenv("SLACK_BOT_TOKEN", "")
	t.Setenv("SLACK_BOT_TOKEN_FILE", secretFile(t, "xoxb-1"))
	t.Setenv("PAGERDUTY_API_KEY_FILE", "") // as compose hands on what nobody set
	if said := fmt.Sprint(readSecretFiles().list()); said != "[SMTP_URL and SMTP_URL_FILE are both set: want one of them]" {
		t.Errorf("it says %s", said)
	}
	if got := os.Getenv("SLACK_BOT_TOKEN"); got != "xoxb-1" {
		t.Errorf("an empty setting beside a file is %q", got)
	}
}

// Files at fault are named with every other mistake, and what is in such a file is not said to be missing too.
func TestFaultsOfFilesAreToldWithEveryOtherMistake(t *testing.T) {
	noSecrets(t)
	for _, name := range []string{"PUBLIC_URL", "TWILIO_ACCOUNT_SID", "LISTEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("DATABASE_URL_FILE", "/nowhere/url")
	t.Setenv("TWILIO_AUTH_TOKEN_FILE", secretFile(t, ""))
	t.Setenv("SLACK_BOT_TOKEN_FILE", "/nowhere/token")
	t.Setenv("SLACK_REVIEW_CHANNEL", "#reviews")
	for _, args := range [][]string{{"api"}, {"doctor"}} {
		var out bytes.Buffer
		if code := run(context.Background(), args, &out, &out); code != 1 {
			t.Errorf("%s ends with %d", args, code)
		}
		for _, want := range []string{
			"DATABASE_URL_FILE: no such file", "TWILIO_AUTH_TOKEN_FILE: the file is empty", "SLACK_BOT_TOKEN_FILE: no such file",
			"PUBLIC_URL is not set", "TWILIO_ACCOUNT_SID is not set", "RINGDOWN_ADMIN_KEY is not set",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s does not say %s:\n%s", args, want, out.String())
			}
		}
		for _, not := range []string{"DATABASE_URL is not set", "TWILIO_AUTH_TOKEN is not set", "SLACK_BOT_TOKEN is not set"} {
			if strings.Contains(out.String(), not) {
				t.Errorf("%s says %s as well:\n%s", args, not, out.String())
			}
		}
	}
}

func TestACommandWithoutAListOfMistakesDoesNotBeginWhenAFileIsAtFault(t *testing.T) {
	noSecrets(t)
	t.Setenv("DATABASE_URL_FILE", "/nowhere/url")
	for command, code := range map[string]int{"migrate": 2, "simulate --auth-tokens x": 1, "--version": 0} {
		var out bytes.Buffer
		if got := run(context.Background(), strings.Fields(command), &out, &out); got != code {
			t.Errorf("%s ends with %d, want %d:\n%s", command, got, code, out.String())
		}
		if code != 0 && !strings.Contains(out.String(), "DATABASE_URL_FILE: no such file") {
			t.Errorf("%s says %s", command, out.String())
		}
	}
}

// Whatever setting looks like a secret may be given as a file.
func TestEverySecretSettingMayBeAFile(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	var walk func(node *kong.Node)
	walk = func(node *kong.Node) {
		for _, flag := range node.Flags {
			for _, name := range flag.Envs {
				secret := regexp.MustCompile(`(_KEY|_TOKEN|_PASSWORD|_SECRET)$`).MatchString(name) || name == "DATABASE_URL" || name == "SMTP_URL"
				if secret != slices.Contains(secretSettings, name) {
					t.Errorf("%s: is it a secret?", name)
				}
			}
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
}
