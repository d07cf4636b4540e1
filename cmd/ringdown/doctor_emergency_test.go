package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheDoctorSaysHowAServedDocumentDiffers(t *testing.T) {
	document := []byte("<Response/>")
	for _, c := range []struct {
		name, kind, served string
		status             int
		document           []byte
		want               string // a word of the fault; empty for none
	}{
		{"as it is to be", "text/xml; charset=utf-8", "<Response/>", 200, document, ""},
		{"as another kind of XML", "application/xml", "<Response/>", 200, document, ""},
		{"as a page", "text/html", "<Response/>", 200, document, `served as "text/html"`},
		{"as nothing in particular", "", "<Response/>", 200, document, "served as"},
		{"in an older version", "text/xml", "<Response></Response>", 200, document, "differs"},
		{"with something behind it", "text/xml", "<Response/>\n", 200, document, "differs"},
		{"without its file", "text/xml", "", 404, document, "is missing"},
		{"by a host that fails", "text/xml", "", 503, document, "answers 503"},
		{"though its route is gone", "text/xml", "<Response/>", 200, nil, "is still served"},
		{"no longer, as its route is gone", "text/xml", "", 404, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{c.kind}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.served))
			}))
			defer host.Close()
			err := compareServed(t.Context(), host.URL, c.document)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTheDoctorHintsThatCallersHaveNowhereToGo(t *testing.T) {
	for address, want := range map[string]string{"": "hint   emergency documents elsewhere: FALLBACK_URL is not set", "https://elsewhere.example.com": "ok     emergency documents elsewhere\n"} {
		said := diagnosed(t, (&doctorCommand{settings: settings{FallbackURL: address}}).checkElsewhere)
		if !strings.HasPrefix(said, want) {
			t.Errorf("with %q it says\n%s", address, said)
		}
	}
}
