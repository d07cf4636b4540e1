package cluster

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestASystemIsReadAsItWasWritten(t *testing.T) {
	folder := t.TempDir()
	if _, err := ReadSystem(folder); !errors.Is(err, ErrNotRunning) {
		t.Errorf("with none: %v", err)
	}
	want := System{Kind: KindDev, API: "http://127.0.0.1:8080", Temporal: "127.0.0.1:7233", Metrics: []string{"http://127.0.0.1:9464/metrics"}}
	if err := want.Write(folder); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSystem(folder)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it reads %+v: %v", got, err)
	}
	file, err := os.Stat(filepath.Join(folder, "system.json"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v: %v", file, err)
	}
	if err := errors.Join(RemoveSystem(folder), RemoveSystem(folder)); err != nil {
		t.Error(err)
	}
	if _, err := ReadSystem(folder); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after its end: %v", err)
	}
}

func TestSecretsAreKept(t *testing.T) {
	folder := t.TempDir()
	first, err := readSecrets(folder)
	if err != nil {
		t.Fatal(err)
	}
	second, err := readSecrets(folder)
	if err != nil || second != first {
		t.Errorf("they are others: %v", err)
	}
	if first.adminKey == first.carrierToken || !strings.HasPrefix(first.payloadKey, "cluster:") {
		t.Error("they are no secrets")
	}
}

func TestPortsThatAreTakenAreNamed(t *testing.T) {
	free, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", free.address(temporalPort))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(free.address(temporalPort))
	if _, err := claimPorts(t.TempDir(), int(free)); err == nil || !strings.Contains(err.Error(), "port "+port+" ") || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("it says %v", err)
	}
	for _, first := range []int{80, -1, 65535} {
		if _, err := claimPorts(t.TempDir(), first); err == nil || !strings.Contains(err.Error(), "want a first port from 1024 to 65495") {
			t.Errorf("%d: it says %v", first, err)
		}
	}
}

func TestAFolderKeepsItsPorts(t *testing.T) {
	folder := t.TempDir()
	first, err := claimPorts(folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", first.address(temporalPort)) // of a cluster that was killed just now
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = listener.Close() })
	for _, ask := range []int{0, int(first)} {
		if again, err := claimPorts(folder, ask); err != nil || again != first {
			t.Errorf("%d are others, %d: %v", first, again, err)
		}
	}
	other, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := claimPorts(folder, int(other)); err != nil || got != other {
		t.Errorf("those that are asked for are %d: %v", got, err)
	}
	if again, err := claimPorts(folder, 0); err != nil || again != other {
		t.Errorf("the last are %d: %v", again, err)
	}
}

func TestDynamicConfigurationIsThatOfTheContainers(t *testing.T) {
	theirs, err := os.ReadFile(filepath.Join("..", "docker", "temporal", "dynamic.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if string(theirs) != string(dynamicYAML) {
		t.Error("cluster/dynamic.yaml and docker/temporal/dynamic.yaml differ: write them alike")
	}
}

func TestARoleHearsOfNoTemporalButItsOwn(t *testing.T) {
	t.Setenv("TEMPORAL_API_KEY", "x")
	t.Setenv("RINGDOWN_ADMIN_KEY_FILE", "/run/secrets/key")
	t.Setenv("SMTP_URL", "smtp://mail.example.com")
	c := &Cluster{config: Config{Env: []string{"CARRIER_CALLS_PER_SECOND=5"}}, secrets: secrets{adminKey: "k"}, ports: 20000}
	text := "\n" + strings.Join(c.roleEnvironment("LISTEN=127.0.0.1:1"), "\n") + "\n"
	for _, has := range []string{"SMTP_URL=smtp://mail.example.com", "RINGDOWN_ADMIN_KEY=k", "TEMPORAL_ADDRESS=127.0.0.1:20003", "LISTEN=127.0.0.1:1"} {
		if !strings.Contains(text, "\n"+has+"\n") {
			t.Errorf("it does not hear %s", has)
		}
	}
	for _, hasNot := range []string{"TEMPORAL_API_KEY", "RINGDOWN_ADMIN_KEY_FILE"} {
		if strings.Contains(text, "\n"+hasNot) {
			t.Errorf("it hears %s", hasNot)
		}
	}
	if strings.LastIndex(text, "CARRIER_CALLS_PER_SECOND=5") < strings.LastIndex(text, "CARRIER_CALLS_PER_SECOND=0") {
		t.Error("what is asked for is weaker than what is set")
	}
}
