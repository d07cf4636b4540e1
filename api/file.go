package api

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Files are written under a name that no host serves, and get their own when they are whole.
const (
	halfWritten     = ".ringdown-"
	halfWrittenLong = time.Minute // longer than any writing takes: what is older, a crash has left
)

// replaceFile gives a file its content, whole or not at all, even if the power fails. A file that
// has it already is left alone.
func replaceFile(path string, content []byte, mode fs.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, halfWritten+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(folder)
}

// syncFolder has the names in a folder outlast a power failure.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// removeOthers removes the files of ours in a folder that are not to be kept, and what a crash has
// left half written. A folder that is not there has none.
func removeOthers(folder string, ours *regexp.Regexp, keep map[string]bool) error {
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var faults []error
	for _, file := range files {
		if ours.MatchString(file.Name()) && !keep[file.Name()] || leftByCrash(file) {
			faults = append(faults, removeFile(filepath.Join(folder, file.Name())))
		}
	}
	return errors.Join(faults...)
}

func leftByCrash(file fs.DirEntry) bool {
	if !strings.HasPrefix(file.Name(), halfWritten) {
		return false
	}
	info, err := file.Info()
	return err == nil && time.Since(info.ModTime()) > halfWrittenLong
}

// removeFile removes a file that another process may have removed already.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
