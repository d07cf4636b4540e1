package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// secretSettings may each be given as NAME_FILE instead: the path of a file that holds the setting, as the secrets of
// containers are.
var secretSettings = []string{
	"DATABASE_URL", "INCIDENT_IO_API_KEY", "OTEL_EXPORTER_OTLP_HEADERS", "PAGERDUTY_API_KEY", "RINGDOWN_ADMIN_KEY", "RINGDOWN_API_KEY",
	"RINGDOWN_PAYLOAD_KEY", "SLACK_BOT_TOKEN", "SMTP_URL", "TEMPORAL_API_KEY", "TWILIO_AUTH_TOKEN",
}

// secretFaults is what is wrong with the files of secrets, by the name of the setting.
type secretFaults map[string]error

// readSecretFiles puts what is in the files into the settings themselves, in the environment of this process, and takes
// their NAME_FILE away: so every command has them, and so has whatever it starts and what reads its environment elsewhere.
func readSecretFiles() secretFaults {
	faults := secretFaults{}
	for _, name := range secretSettings {
		path := os.Getenv(name + "_FILE")
		switch {
		case path == "":
			continue
		case os.Getenv(name) != "":
			faults[name] = fmt.Errorf("%s and %s_FILE are both set: want one of them", name, name)
			continue
		}
		secret, err := readSecret(path)
		if err == nil {
			err = errors.Join(os.Setenv(name, secret), os.Unsetenv(name+"_FILE"))
		}
		if err != nil {
			faults[name] = fmt.Errorf("%s_FILE: %w; want the path of a file that holds %s and that this process may read", name, err, name)
		}
	}
	return faults
}

// readSecret is a file's text without its last newline. Its errors do not repeat the path, which may be a secret that
// was put there by mistake.
func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return "", wrong.Err
	}
	if err != nil {
		return "", err
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case strings.TrimSpace(secret) == "":
		return "", errors.New("the file is empty")
	case strings.ContainsAny(secret, "\x00\n"):
		return "", errors.New("the file has more than one line, or is no text")
	}
	return secret, nil
}

// list is every fault, in the order of names.
func (f secretFaults) list() (wrong []error) {
	for _, name := range secretSettings {
		if f[name] != nil {
			wrong = append(wrong, f[name])
		}
	}
	return wrong
}

// tell gives the faults to a command that lists every mistake in its settings at once. Any other does not begin, but the
// one that looks after a process which has read its secrets long since.
func (f secretFaults) tell(command any) error {
	switch c := command.(type) {
	case interface{ note(secretFaults) }:
		c.note(f)
		return nil
	case *healthCommand:
		return nil
	default:
		return errors.Join(f.list()...)
	}
}
