package outside_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestAReferenceLeadsToNoOtherPlace(t *testing.T) {
	var addresses []string
	client := asked(t, func(w http.ResponseWriter, r *http.Request) {
		addresses = append(addresses, r.RequestURI)
		w.WriteHeader(http.StatusNotFound)
	})
	for _, provider := range []models.Provider{models.IncidentIO, models.PagerDuty} {
		for _, reference := range []string{"../users", "..%2Fusers", "a/../../users", "a?b=c", "a#b", "a;b", "a\\..\\b", "//elsewhere.example/", "%2e%2e", "a b", "é", "@elsewhere.example"} {
			addresses = nil
			_ = client.Check(t.Context(), provider, reference) // whatever comes of it
			if len(addresses) != 1 {
				t.Errorf("%s %q: asked %q", provider, reference, addresses)
				continue
			}
			path, query, _ := strings.Cut(addresses[0], "?")
			folder, last := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
			if plain, err := url.PathUnescape(last); err != nil || plain != reference || query != "" || !strings.HasSuffix(folder, "/schedules/") {
				t.Errorf("%s %q: asked %s", provider, reference, addresses[0])
			}
		}
		for _, reference := range []string{"", ".", ".."} {
			addresses = nil
			if err := client.Check(t.Context(), provider, reference); err == nil || len(addresses) > 0 {
				t.Errorf("%s %q: asked %q, %v", provider, reference, addresses, err)
			}
		}
	}
}
