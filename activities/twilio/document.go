package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"

	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Document proves something to the carrier.
type Document struct {
	Type       string         // as in commercial_registrar_excerpt
	Attributes map[string]any // by the names of its fields; address_sids is a list
	File       *File          // nil where its attributes are all there is, as with an address
}

// File is a document's content.
type File struct {
	Name      string
	MediaType string
	Content   []byte
}

// EnsureDocument is the SID of the document of that name, which is made where there is none. It is safe to repeat:
// what is there under the name is taken for what was asked for. A file may take a minute.
func (c *Client) EnsureDocument(ctx context.Context, name string, d Document) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	create := c.createDocument
	if d.File != nil {
		create = c.uploadDocument
	}
	return ensure(
		func() (string, error) { return c.findDocument(ctx, name) },
		func() (string, error) { return create(ctx, name, d) },
	)
}

// longPage is the carrier's largest, for lists that it does not search.
const longPage = 1000

func (c *Client) findDocument(ctx context.Context, name string) (string, error) {
	return named(name)(c.documents(ctx))
}

// documents are all that there are.
func (c *Client) documents(ctx context.Context) ([]thing, error) {
	all := new(compliance.ListSupportingDocumentParams).SetPageSize(longPage)
	return pages(func(token, number string) (page []thing, next string, err error) {
		err = c.askCompliance(ctx, "find document", func(s *compliance.ApiService) error {
			answer, err := s.PageSupportingDocument(all, token, number)
			if err != nil || answer.Results == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, d := range answer.Results {
				page = append(page, thing{text(d.Sid), text(d.FriendlyName)})
			}
			next = text(answer.Meta.NextPageUrl)
			return nil
		})
		return page, next, err
	})
}

func (c *Client) createDocument(ctx context.Context, name string, d Document) (sid string, err error) {
	params := new(compliance.CreateSupportingDocumentParams).SetFriendlyName(name).SetType(d.Type)
	if len(d.Attributes) > 0 {
		params.SetAttributes(d.Attributes)
	}
	err = c.askCompliance(ctx, "create document", func(s *compliance.ApiService) error {
		document, err := s.CreateSupportingDocument(params)
		if err != nil || !is("RD", text(document.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *document.Sid
		return nil
	})
	return sid, err
}

// uploads is the carrier's host for files, which takes what the other one takes and a File, as multipart. twilio-go
// and the public API description leave it out. Source: Twilio's code samples.
const uploads = "https://numbers-upload.twilio.com/v2/RegulatoryCompliance/SupportingDocuments"

// opUpload is what an upload is called in errors.
const opUpload = "upload document"

func (c *Client) uploadDocument(ctx context.Context, name string, d Document) (sid string, err error) {
	body, contentType, err := d.form(name)
	if err != nil {
		return "", err
	}
	err = c.through(ctx, opUpload, c.uploading, func(t *http.Client) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, uploads, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.SetBasicAuth(c.accountSID, c.authToken)
		request.Header.Set("Content-Type", contentType)
		answer, err := t.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var document compliance.NumbersV2SupportingDocument
		if err := json.NewDecoder(answer.Body).Decode(&document); err != nil || !is("RD", text(document.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *document.Sid
		return nil
	})
	return sid, err
}

// form is a document with its file as multipart.
func (d Document) form(name string) (body []byte, contentType string, err error) {
	fields := [][2]string{{"FriendlyName", name}, {"Type", d.Type}}
	if len(d.Attributes) > 0 {
		attributes, err := json.Marshal(d.Attributes)
		if err != nil {
			return nil, "", err
		}
		fields = append(fields, [2]string{"Attributes", string(attributes)})
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, field := range fields {
		err = errors.Join(err, form.WriteField(field[0], field[1]))
	}
	part, created := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("File", d.File.Name)},
		"Content-Type":        {d.File.MediaType},
	})
	if created == nil {
		_, created = part.Write(d.File.Content)
	}
	err = errors.Join(err, created, form.Close())
	return b.Bytes(), form.FormDataContentType(), err
}
