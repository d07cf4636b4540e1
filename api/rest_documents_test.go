package api

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
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

func TestRESTWhoReadsADocumentIsInTheAuditList(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	file := filepath.Join(t.TempDir(), "test.db")
	deps := rt.deps()
	deps.store, _ = storetest.Counted(t, "sqlite:"+file)
	rt = rt.process(deps)
	_, reviewer := rt.key(models.RoleReviewer)
	path := rt.uploads(restKey, "a.pdf", "application/pdf", aPDF).is(http.StatusCreated).Header().Get("Location")
	rt.with(reviewer, http.MethodGet, path+"/content", "").is(http.StatusOK)
	lines, _ := rt.send(http.MethodGet, "/v1/audit?noun=document", "").is(http.StatusOK).items("action")
	if !slices.Equal(lines, []string{"read", "create"}) {
		t.Errorf("audited %v", lines)
	}
	database, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = database.Exec("DROP TABLE changes")
	}
	if err = errors.Join(err, database.Close()); err != nil {
		t.Fatal(err)
	}
	if got := rt.with(reviewer, http.MethodGet, path+"/content", "").is(http.StatusInternalServerError); strings.Contains(got.Body.String(), aPDF) {
		t.Error("it is read without a line")
	}
}

func TestRESTReviewersSeeWhichDocumentsARequestHas(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	id := rt.uploads(restKey, "excerpt.pdf", "application/pdf", aPDF).is(http.StatusCreated).id()
	path := rt.asksFor(restKey, strings.Replace(aGermanNumber, "FILE", id, 1))
	rt.uploads(restKey, "loose.pdf", "application/pdf", aPDF).is(http.StatusCreated)
	var documents list[models.Document]
	request := strings.TrimPrefix(path, requestsPath+"/")
	rt.send(http.MethodGet, "/v1/documents?number_request_id="+request, "").is(http.StatusOK).into(&documents)
	if len(documents.Items) != 1 || documents.Items[0].Name != "excerpt.pdf" || documents.Items[0].Size != len(aPDF) || documents.Items[0].ID != id {
		t.Errorf("it has %+v", documents.Items)
	}
	none, _ := rt.send(http.MethodGet, "/v1/documents?number_request_id=none", "").is(http.StatusOK).items("id")
	if len(none) > 0 {
		t.Errorf("none has %v", none)
	}
	rt.send(http.MethodGet, "/v1/documents", "").is(http.StatusUnprocessableEntity)
}

func TestRESTFewDocumentsWaitForARequest(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for range 20 {
		rt.uploads(restKey, "a.png", "image/png", aPNG).is(http.StatusCreated)
	}
	said := rt.uploads(restKey, "a.png", "image/png", aPNG).is(http.StatusConflict).problem().Detail
	if !strings.Contains(said, "name them in a request, or wait") {
		t.Errorf("said %q", said)
	}
}

// slowBody is a file that comes when it is let go.
type slowBody struct {
	begun chan<- struct{}
	goOn  <-chan struct{}
	rest  io.Reader
}

func (b *slowBody) Read(p []byte) (int, error) {
	select {
	case b.begun <- struct{}{}:
	default:
	}
	<-b.goOn
	return b.rest.Read(p)
}

func TestRESTFewDocumentsAreOnTheirWayAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	deps := rt.deps()
	deps.uploadWait = time.Millisecond
	rt = rt.process(deps)
	begun, goOn := make(chan struct{}, uploadsAtOnce), make(chan struct{})
	var codes [uploadsAtOnce]int
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			r := httptest.NewRequest(http.MethodPost, "/v1/documents?name=a.png", &slowBody{begun, goOn, strings.NewReader(aPNG)})
			r.Header.Set("Authorization", "Bearer "+restKey)
			r.Header.Set("Content-Type", "image/png")
			if i > 0 {
				r.Header.Set("Idempotency-Key", fmt.Sprint(i))
			}
			codes[i] = rt.raw(r).Code
		})
	}
	for range codes {
		<-begun
	}
	more := func() reply { return rt.uploads(restKey, "a.png", "image/png", aPNG, "Idempotency-Key", "more") }
	if got := more().is(http.StatusServiceUnavailable); got.Header().Get("Retry-After") != "10" {
		t.Errorf("Retry-After %q", got.Header().Get("Retry-After"))
	}
	close(goOn)
	all.Wait()
	if slices.ContainsFunc(codes[:], func(code int) bool { return code != http.StatusCreated }) {
		t.Errorf("answered %v", codes)
	}
	more().is(http.StatusCreated)
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
