package simulator

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
)

// paperOperations are those of end users and of supporting documents. A document that comes with its file is what Twilio
// takes on a host of its own.
func (c *Carrier) paperOperations() []operation {
	all := []operation{}
	for _, s := range []*paperSort{endUserSort, documentSort} {
		list, one := compliance+s.path, compliance+s.path+"/{sid}"
		all = append(all,
			operation{"Create" + s.operation, "POST " + list, c.createPaper(s)},
			operation{"List" + s.operation, "GET " + list, c.listPapers(s)},
			operation{"Fetch" + s.operation, "GET " + one, c.getPaper(s)},
			operation{"Update" + s.operation, "POST " + one, c.updatePaper(s)},
			operation{"Delete" + s.operation, "DELETE " + one, c.deletePaper(s)},
		)
	}
	return all
}

func (c *Carrier) createPaper(s *paperSort) answer {
	return func(r *http.Request) (int, any, error) {
		file, err := fileOf(r)
		if err != nil {
			return 0, nil, err
		}
		for _, name := range []string{"FriendlyName", "Type"} {
			if r.PostForm.Get(name) == "" {
				return 0, nil, missing(name)
			}
		}
		p := &paper{sort: s, sid: newSID(s.prefix), kind: r.PostForm.Get("Type"), attributes: map[string]any{}, created: time.Now()}
		if paperTypeOf(s.types, p.kind) == nil {
			return 0, nil, fault(400, 20001, "Type "+p.kind+" is not known")
		}
		if err := p.change(r.PostForm); err != nil {
			return 0, nil, err
		}
		if s == documentSort {
			p.status, p.mime, p.size = documentDraft, file.mime, file.size
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.office.papers = append(c.office.papers, p)
		c.office.note(LedgerCreated, s.ledger, p.sid, p.name)
		return http.StatusCreated, p.resource(c, r), nil
	}
}

// upload is the file of a document.
type upload struct {
	mime string
	size int64
}

// uploadLimit is how large a file may be, in bytes.
const uploadLimit = 5 << 20

// fileOf reads a multipart form and the file in it. A plain form has none.
func fileOf(r *http.Request) (upload, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return upload{}, nil
	}
	r.Body = http.MaxBytesReader(nil, r.Body, uploadLimit+maxBody)
	if err := r.ParseMultipartForm(uploadLimit); err != nil {
		return upload{}, fault(400, 20001, "the multipart form cannot be read")
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // a temporary file
	file, header, err := r.FormFile("File")
	if errors.Is(err, http.ErrMissingFile) {
		return upload{}, nil
	}
	if err != nil {
		return upload{}, fault(400, 20001, "the file cannot be read")
	}
	defer file.Close()
	return checkFile(file, header)
}

// fileTypes are the files that Twilio takes.
var fileTypes = []string{"application/pdf", "image/jpeg", "image/png"}

func checkFile(file multipart.File, header *multipart.FileHeader) (upload, error) {
	u := upload{size: header.Size}
	u.mime, _, _ = mime.ParseMediaType(header.Header.Get("Content-Type"))
	if u.mime == "" || u.mime == "application/octet-stream" {
		head := make([]byte, 512)
		n, _ := io.ReadFull(file, head) // a short file is told apart as well
		u.mime, _, _ = strings.Cut(http.DetectContentType(head[:n]), ";")
	}
	switch {
	case u.size == 0 || u.size > uploadLimit:
		return upload{}, fault(400, 20001, "the file is empty or larger than 5 MB")
	case !slices.Contains(fileTypes, u.mime):
		return upload{}, fault(400, 12301, "Invalid Upload Content-Type")
	}
	return u, nil
}

func (c *Carrier) listPapers(s *paperSort) answer {
	return func(r *http.Request) (int, any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		all := []any{}
		for _, p := range slices.Backward(c.office.papers) {
			if p.sort == s {
				all = append(all, p.resource(c, r))
			}
		}
		return listed(r, "results", all)
	}
}

// onPaper answers a request that names a paper of a sort, with mu held.
func (c *Carrier) onPaper(s *paperSort, act func(r *http.Request, p *paper) (int, any, error)) answer {
	return func(r *http.Request) (int, any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		p := c.office.paper(r.PathValue("sid"))
		if p == nil || p.sort != s {
			return 0, nil, notFound(r)
		}
		return act(r, p)
	}
}

func (c *Carrier) getPaper(s *paperSort) answer {
	return c.onPaper(s, func(r *http.Request, p *paper) (int, any, error) {
		return http.StatusOK, p.resource(c, r), nil
	})
}

// updatePaper changes a paper, unless it is in a bundle that is under review or approved.
func (c *Carrier) updatePaper(s *paperSort) answer {
	return c.onPaper(s, func(r *http.Request, p *paper) (int, any, error) {
		if c.office.usedIn(p, (*bundle).locked) {
			return 0, nil, fault(400, 20001, p.sid+" is in a bundle that cannot be edited")
		}
		changed := *p
		if err := changed.change(r.PostForm); err != nil {
			return 0, nil, err
		}
		*p = changed
		return http.StatusOK, p.resource(c, r), nil
	})
}

// deletePaper deletes a paper, unless it is under review, and takes it out of the bundles that can be edited.
func (c *Carrier) deletePaper(s *paperSort) answer {
	return c.onPaper(s, func(r *http.Request, p *paper) (int, any, error) {
		if c.office.usedIn(p, (*bundle).underReview) {
			return 0, nil, fault(400, 21646, p.sid+" is not eligible for deletion")
		}
		for _, b := range c.office.bundles {
			if !b.locked() {
				c.office.unassign(b, func(a assignment) bool { return a.object == p.sid })
			}
		}
		c.office.papers = slices.DeleteFunc(c.office.papers, func(other *paper) bool { return other == p })
		c.office.note(LedgerDeleted, s.ledger, p.sid, p.name)
		return http.StatusNoContent, nil, nil
	})
}
