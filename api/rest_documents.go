package api

import (
	"cmp"
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
)

const documentsPath = "/v1/documents"

const (
	// uploadsAtOnce is how many documents are on their way at once: each is held in memory.
	uploadsAtOnce = 4
	// uploadWait is how long one more waits.
	uploadWait = 10 * time.Second
)

// uploadWithin is how long a document may take to come, over a slow line.
const uploadWithin = time.Minute

type documentsInput struct {
	RequestID string `query:"number_request_id" required:"true" minLength:"1" maxLength:"100" doc:"Of the request with this id"`
}

type documentInput struct {
	Name        string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"The name of the file" example:"excerpt.pdf"`
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}

// addedDocument is a document as it was added. It never changes.
type addedDocument struct {
	Location string `header:"Location"`
	Body     models.Document
}

// content is what is in a document.
type content struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Options     string `header:"X-Content-Type-Options"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

func (a *rest) mountDocuments() {
	adding := operation(http.MethodPost, documentsPath, "add-document", "Upload a document for a request",
		http.StatusUnsupportedMediaType)
	adding.Description = fmt.Sprintf("The body is the file: a PDF, JPEG or PNG of %d MB at most. It is kept sealed, and only until its request "+
		"is over; one that no request names is deleted after %d hours, and there may be few of them.", models.DocumentAtMost>>20, int(models.LooseDocumentsLast.Hours()))
	adding.MaxBodyBytes = models.DocumentAtMost + 1 // which is too many
	adding.BodyReadTimeout = uploadWithin
	adding.SkipValidateBody = true
	adding.RequestBody = &huma.RequestBody{Required: true, Content: documentTypes()}
	adding = narrow(adding, uploadsAtOnce, turnstile{
		wait: cmp.Or(a.uploadWait, uploadWait), after: uploadWait,
		full: problem(http.StatusServiceUnavailable, "Too many documents are being uploaded; try again in a moment."),
	})
	handle(a, roles(adding, requesterRoles...), a.addDocument)
	delete(adding.RequestBody.Content, "application/octet-stream") // huma's name for a raw body
	listing := operation(http.MethodGet, documentsPath, "list-documents", "List the documents of a request, the oldest first")
	handle(a, roles(listing, reviewerRoles...), a.documents)
	showing := operation(http.MethodGet, documentsPath+"/{id}", "get-document", "Show what is known of a document", http.StatusNotFound)
	showing.Description = "Requesters see their own."
	handle(a, roles(showing, requesterRoles...), a.document)
	reading := operation(http.MethodGet, documentsPath+"/{id}/content", "get-document-content", "Read a document", http.StatusNotFound)
	reading.Description = "That somebody does is in the audit list."
	reading.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: documentTypes()}}
	handle(a, roles(reading, reviewerRoles...), a.documentContent)
}

func (a *rest) documents(ctx context.Context, in *documentsInput) (*plain[list[models.Document]], error) {
	documents, err := a.store.Documents(ctx, in.RequestID)
	return answerList(documents, ""), err
}

func documentTypes() map[string]*huma.MediaType {
	types := map[string]*huma.MediaType{}
	for _, kind := range models.DocumentTypes {
		types[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return types
}

func (a *rest) addDocument(ctx context.Context, in *documentInput) (*addedDocument, error) {
	if !a.sealing.Ready() {
		return nil, sealedAway()
	}
	kind, _, err := mime.ParseMediaType(in.ContentType)
	if err != nil || !slices.Contains(models.DocumentTypes, kind) {
		return nil, problem(http.StatusUnsupportedMediaType, "A document is one of these, and its Content-Type says which: "+strings.Join(models.DocumentTypes, ", ")+".")
	}
	if is := http.DetectContentType(in.RawBody); is != kind {
		return nil, &models.InvalidError{Reason: "is not what its Content-Type says: " + is}
	}
	if !utf8.ValidString(in.Name) || strings.ContainsFunc(in.Name, unicode.IsControl) {
		return nil, inQuery(&models.InvalidError{Field: "name", Reason: "must be one line of text"})
	}
	d := models.Document{
		ID: uuid.Must(uuid.NewV7()).String(), Name: in.Name, MediaType: kind, Size: len(in.RawBody), By: whoOf(ctx).Actor, CreatedAt: a.now(),
	}
	sealed, err := a.sealing.Seal(in.RawBody, []byte(d.ID))
	if err != nil {
		return nil, fmt.Errorf("seal document %s: %w", d.ID, err)
	}
	d, err = a.store.AddDocument(ctx, d, sealed)
	return &addedDocument{documentsPath + "/" + d.ID, d}, err
}

// sealedAway says that documents can be neither kept nor read.
func sealedAway() error {
	return problem(http.StatusServiceUnavailable, "There is no key with which documents are sealed: set RINGDOWN_PAYLOAD_KEY.")
}

func (a *rest) document(ctx context.Context, in *idInput) (*plain[models.Document], error) {
	d, err := a.store.Document(ctx, in.ID)
	if own := ownAlone(ctx); err == nil && own != nil && d.By.KeyID != *own {
		return nil, models.ErrNotFound
	}
	return &plain[models.Document]{Body: d}, err
}

// documentContent is saved rather than shown, by browsers too, and kept nowhere on the way. Nobody reads one without a
// line in the audit list.
func (a *rest) documentContent(ctx context.Context, in *idInput) (*content, error) {
	d, err := a.store.Document(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	sealed, err := a.store.Sealed(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if !a.sealing.Ready() {
		return nil, sealedAway()
	}
	plain, err := a.sealing.Open(sealed, []byte(d.ID))
	if err != nil {
		return nil, fmt.Errorf("open document %s: %w", d.ID, err)
	}
	if err := a.store.DocumentRead(ctx, d); err != nil {
		return nil, err
	}
	saved := mime.FormatMediaType("attachment", map[string]string{"filename": d.Name})
	return &content{d.MediaType, saved, "nosniff", "no-store", plain}, nil
}
