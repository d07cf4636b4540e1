package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheProgramCarriesTheLicencesOfWhatIsInIt(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"licences"}, &out, &errOut); code != 0 {
		t.Fatalf("%d: %s", code, errOut.String())
	}
	for _, text := range []string{"Apache License", "Permission is hereby granted, free of charge", "Redistributions in binary form must reproduce", "Copyright 2009 The Go Authors",
		"This product includes software developed at\nSoundCloud", "SQLite Is Public Domain"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q is not in it", text)
		}
	}
}
