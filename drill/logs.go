package drill

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ringdown/ringdown/cluster"
)

// logMarks are how long the logs of a system were when a drill began, by their paths.
type logMarks struct {
	folder string
	size   map[string]int64
}

// markLogs remembers where the logs end.
func markLogs(s cluster.System) logMarks {
	m := logMarks{folder: s.Logs, size: map[string]int64{}}
	for _, path := range m.paths() {
		if info, err := os.Stat(path); err == nil {
			m.size[path] = info.Size()
		}
	}
	return m
}

// paths are the logs of all but the carrier, whose numbers they are.
func (m logMarks) paths() []string {
	if m.folder == "" {
		return nil
	}
	all, _ := filepath.Glob(filepath.Join(m.folder, "*.log")) // the pattern is none that errs
	var paths []string
	for _, path := range all {
		if name := filepath.Base(path); !strings.HasPrefix(name, "carrier") && !strings.HasPrefix(name, "simulator") {
			paths = append(paths, path)
		}
	}
	return paths
}

// numberPattern is a number of those reserved for fiction.
var numberPattern = regexp.MustCompile(`1[2-9][0-9]{2}55501[0-9]{2}`)

// read looks through what was logged since: for numbers, and how often each error came, by its message.
func (m logMarks) read() (numbers []string, errors map[string]int) {
	errors = map[string]int{}
	for _, path := range m.paths() {
		found, err := m.readOne(path, errors)
		if err != nil {
			numbers = append(numbers, fmt.Sprintf("%s cannot be read: %v", filepath.Base(path), err))
		}
		if found != "" {
			numbers = append(numbers, fmt.Sprintf("%s holds %s", filepath.Base(path), found))
		}
	}
	return numbers, errors
}

func (m logMarks) readOne(path string, errors map[string]int) (number string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := f.Seek(m.size[path], io.SeekStart); err != nil {
		return "", err
	}
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if number == "" {
			number = numberPattern.FindString(line)
		}
		var entry struct{ Level, Msg string }
		if strings.Contains(line, "ERROR") && json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "ERROR" {
			errors[entry.Msg]++
		}
		if err == io.EOF {
			return number, nil
		}
		if err != nil {
			return number, err
		}
	}
}
