package simulator

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"testing"
)

// upload makes a document with a file.
func (b *bench) upload(kind, attributes, mime, content string) (int, map[string]any) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"FriendlyName": "request 1", "Type": kind, "Attributes": attributes} {
		b.must(w.WriteField(name, value))
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="File"; filename="proof"`}, "Content-Type": {mime},
	})
	b.must(err)
	_, _ = part.Write([]byte(content))
	b.must(w.Close())
	r := b.request(http.MethodPost, compliance+"/SupportingDocuments", &body, w.FormDataContentType())
	status, answer := b.exchange(r)
	return status, b.decoded(answer)
}

const testPDF = "%PDF-1.7 an excerpt"

// papersFor makes all that the regulation of a country's local numbers asks for, and returns the SIDs.
func (b *bench) papersFor(iso, who string) []string {
	b.t.Helper()
	address := b.addressIn(iso, "Berlin")
	attributes := `{"business_name":"Example","business_registration_number":"HRB 1","first_name":"Alice","last_name":"Example"}`
	all := []string{
		b.makes(compliance+"/EndUsers", "FriendlyName", "request 1", "Type", who, "Attributes", attributes),
		b.makes(compliance+"/SupportingDocuments", "FriendlyName", "request 1", "Type", "address", "Attributes",
			fmt.Sprintf(`{"address_sids":["%s"]}`, address)),
	}
	kind := ""
	switch {
	case iso == "DE" && who == individual:
		kind = docPassport
	case iso == "DE" || iso == "FR":
		kind = docRegister
	}
	if kind != "" {
		status, body := b.upload(kind, attributes, "application/pdf", testPDF)
		if status != http.StatusCreated {
			b.t.Fatalf("upload: %d %v", status, body)
		}
		all = append(all, body["sid"].(string))
	}
	return all
}

// bundle makes a bundle for local numbers with all that is asked for.
func (b *bench) bundle(iso, who string) string {
	b.t.Helper()
	sid := b.makes(bundleList, "FriendlyName", "request 1", "Email", "desk@example.com", "IsoCountry", iso, "NumberType", "local",
		"EndUserType", who, "StatusCallback", b.url+"/bundle")
	for _, object := range b.papersFor(iso, who) {
		b.makes(bundleList+"/"+sid+"/ItemAssignments", "ObjectSid", object)
	}
	return sid
}

// submits hands a bundle in.
func (b *bench) submits(sid string) {
	b.t.Helper()
	if status, body := b.order(http.MethodPost, bundleList+"/"+sid, "Status", BundlePending); status != 200 || body["status"] != BundlePending {
		b.t.Fatalf("%d %v", status, body)
	}
}

// approved makes a bundle that is approved.
func (b *bench) approved(iso, who string) string {
	b.t.Helper()
	sid := b.bundle(iso, who)
	b.submits(sid)
	b.must(b.sim.DecideBundle(sid, true, ""))
	return sid
}

func TestPapersAreMadeChangedAndDeleted(t *testing.T) {
	b := newBench(t)
	for path, form := range map[string][]string{
		"/EndUsers":            {"FriendlyName", "request 1", "Type", "individual", "Attributes", `{"first_name":"Alice"}`},
		"/SupportingDocuments": {"FriendlyName", "request 1", "Type", "utility_bill", "Attributes", `{}`},
	} {
		t.Run(path, func(t *testing.T) {
			sid := b.makes(compliance+path, form...)
			one := compliance + path + "/" + sid
			if _, body := b.order(http.MethodPost, one, "FriendlyName", "request 2", "Attributes", `{"last_name":"Example"}`); body["friendly_name"] != "request 2" {
				t.Errorf("%v", body)
			}
			_, body := b.order(http.MethodGet, one)
			if attributes := body["attributes"].(map[string]any); attributes["last_name"] != "Example" || len(attributes) != 1 {
				t.Errorf("%v", body)
			}
			if _, body := b.order(http.MethodGet, compliance+path); len(list(body, "results")) != 1 {
				t.Errorf("%v", body)
			}
			for _, want := range []int{204, 404} {
				if status, body := b.order(http.MethodDelete, one); status != want {
					t.Errorf("%d %v, want %d", status, body, want)
				}
			}
			for _, bad := range [][]string{
				{"Type", "individual"}, {"FriendlyName", "x"}, {"FriendlyName", "x", "Type", "cat"}, append(form[:4:4], "Attributes", "[]"),
			} {
				if status, body := b.order(http.MethodPost, compliance+path, bad...); status != 400 {
					t.Errorf("%v: %d %v", bad, status, body)
				}
			}
		})
	}
}

func TestFilesOfDocuments(t *testing.T) {
	b := newBench(t)
	png := "\x89PNG\x0d\x0a\x1a\x0a picture"
	for _, c := range []struct {
		name, mime, content, want string
		status                    int
	}{
		{"a PDF", "application/pdf", testPDF, "application/pdf", 201},
		{"a picture that does not say what it is", "application/octet-stream", png, "image/png", 201},
		{"a text", "text/plain", "I am Alice", "", 400},
		{"nothing", "application/pdf", "", "", 400},
		{"too large", "application/pdf", string(make([]byte, uploadLimit+1)), "", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := b.upload(docPassport, `{}`, c.mime, c.content)
			if mime, _ := body["mime_type"].(string); status != c.status || mime != c.want {
				t.Errorf("%d %v, want %d %s", status, body, c.status, c.want)
			}
		})
	}
	if made := b.sim.Ledger().Of(LedgerDocument); len(made) != 2 {
		t.Errorf("%v", made)
	}
}
