package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// The beginnings of files.
const (
	aPDF = "%PDF-1.7\n1 0 obj"
	aPNG = "\x89PNG\r\n\x1a\n"
)

func (rt *restTest) uploads(secret, name, kind, body string, headers ...string) reply {
	rt.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/documents?name="+url.QueryEscape(name), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header["Content-Type"] = []string{kind}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return rt.do(r)
}

func TestRESTADocumentIsKeptSealed(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	key, requester := rt.key(models.RoleRequester)
	_, reviewer := rt.key(models.RoleReviewer)
	added := rt.uploads(requester, "Auszug für \"Berlin\".pdf", "application/pdf; charset=binary", aPDF).is(http.StatusCreated)
	var d models.Document
	added.into(&d)
	path := added.Header().Get("Location")
	if path != "/v1/documents/"+d.ID || d.MediaType != "application/pdf" || d.Size != len(aPDF) || d.By.KeyID != key || d.RequestID != "" || d.DeletedAt != nil {
		t.Errorf("%s is %+v", path, d)
	}
	sealed, err := rt.store.Sealed(t.Context(), d.ID)
	if err != nil || bytes.Contains(sealed, []byte("%PDF")) {
		t.Errorf("kept is %q, %v", sealed, err)
	}
	if got := rt.with(requester, http.MethodGet, path, "").is(http.StatusOK).id(); got != d.ID {
		t.Errorf("read %s", got)
	}
	rt.with(requester, http.MethodGet, path+"/content", "").is(http.StatusForbidden)
	read := rt.with(reviewer, http.MethodGet, path+"/content", "")
	if read.Code != http.StatusOK || read.Body.String() != aPDF {
		t.Fatalf("read %d %s", read.Code, read.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Disposition": "attachment; filename*=utf-8''Auszug%20f%C3%BCr%20%22Berlin%22.pdf",
	} {
		if got := read.Header().Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
}

func TestRESTADocumentOfSomebodyElseIsNone(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	_, alice := rt.key(models.RoleRequester)
	_, mallory := rt.key(models.RoleRequester)
	id := rt.uploads(alice, "excerpt.pdf", "application/pdf", aPDF).is(http.StatusCreated).id()
	rt.with(mallory, http.MethodGet, "/v1/documents/"+id, "").is(http.StatusNotFound)
	form := strings.Replace(aGermanNumber, "FILE", id, 1)
	rt.with(mallory, http.MethodPost, requestsPath, form).faults("body.documents")
	path := rt.asksFor(alice, form)
	rt.with(alice, http.MethodPost, requestsPath, form).faults("body.documents") // it is in a request already
	rt.with(alice, http.MethodPost, path+"/withdraw", `{"reason": "Not needed."}`).is(http.StatusOK)
	var d models.Document
	rt.with(alice, http.MethodGet, "/v1/documents/"+id, "").is(http.StatusOK).into(&d)
	if d.DeletedAt == nil {
		t.Error("it is kept though its request is over")
	}
	rt.send(http.MethodGet, "/v1/documents/"+id+"/content", "").is(http.StatusNotFound)
}

func TestRESTWhatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	large := aPDF + strings.Repeat("x", models.DocumentAtMost-len(aPDF))
	for _, c := range []struct {
		name, file, kind, body string
		status                 int
	}{
		{"nothing in it", "a.pdf", "application/pdf", "", http.StatusBadRequest},
		{"a picture that is called a PDF", "a.pdf", "application/pdf", aPNG, http.StatusUnprocessableEntity},
		{"a web page that is called a picture", "a.png", "image/png", "<html><script>", http.StatusUnprocessableEntity},
		{"a text", "a.txt", "text/plain", "hello", http.StatusUnsupportedMediaType},
		{"JSON", "a.json", "application/json", "{}", http.StatusUnsupportedMediaType},
		{"no type", "a.pdf", "", aPDF, http.StatusUnsupportedMediaType},
		{"a type that is none", "a.pdf", ";", aPDF, http.StatusUnsupportedMediaType},
		{"no name", "", "application/pdf", aPDF, http.StatusUnprocessableEntity},
		{"a name of two lines", "a\nb.pdf", "application/pdf", aPDF, http.StatusUnprocessableEntity},
		{"a long name", strings.Repeat("x", 201), "application/pdf", aPDF, http.StatusUnprocessableEntity},
		{"the largest", "a.pdf", "application/pdf", large, http.StatusCreated},
		{"too large", "a.pdf", "application/pdf", large + "x", http.StatusRequestEntityTooLarge},
	} {
		for _, token := range []string{"", "a token for " + c.name} {
			var headers []string
			if token != "" {
				headers = []string{"Idempotency-Key", token}
			}
			if got := rt.uploads(restKey, c.file, c.kind, c.body, headers...); got.Code != c.status {
				t.Errorf("%s: %d %.200s", c.name, got.Code, got.Body)
			}
		}
	}
}

func TestRESTWithoutAKeyThereAreNoDocuments(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id := rt.uploads(restKey, "a.png", "image/png", aPNG).is(http.StatusCreated).id()
	deps := rt.deps()
	deps.sealing = nil
	keyless := rt.process(deps)
	for _, got := range []reply{
		keyless.uploads(restKey, "a.png", "image/png", aPNG).is(http.StatusServiceUnavailable),
		keyless.send(http.MethodGet, "/v1/documents/"+id+"/content", "").is(http.StatusServiceUnavailable),
	} {
		if detail := got.problem().Detail; !strings.Contains(detail, "RINGDOWN_PAYLOAD_KEY") {
			t.Errorf("said %q", detail)
		}
	}
	deps.sealing = sealingKeys(t) // which never sealed it
	rt.process(deps).send(http.MethodGet, "/v1/documents/"+id+"/content", "").is(http.StatusInternalServerError)
}
