package twilio

import (
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

var aFiledDocument = Document{
	Type: "commercial_registrar_excerpt", Attributes: map[string]any{"business_name": "Example Ltd"},
	File: &File{Name: "excerpt \"1\".pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7 example")},
}

func TestAnEndUserIsSentWhole(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, creating(plain(), `{"sid": "`+endUser1+`"}`))
	if _, err := client.EnsureEndUser(t.Context(), aName, models.Business, map[string]string{"business_name": "Example Ltd"}); err != nil {
		t.Fatal(err)
	}
	want := []asked{
		{http.MethodGet, regulatory + "/EndUsers", map[string][]string{"PageSize": {"1000"}}, map[string][]string{}},
		{http.MethodPost, regulatory + "/EndUsers", map[string][]string{}, map[string][]string{
			"FriendlyName": {aName}, "Type": {"business"}, "Attributes": {`{"business_name":"Example Ltd"}`},
		}},
	}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestADocumentIsSentWithItsFileOrWithout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document Document
		form     map[string][]string
	}{
		"an address": {
			Document{Type: models.AddressDocument, Attributes: map[string]any{"address_sids": []string{address1}}},
			map[string][]string{"FriendlyName": {aName}, "Type": {"address"}, "Attributes": {`{"address_sids":["` + address1 + `"]}`}},
		},
		"a file": {aFiledDocument, map[string][]string{
			"FriendlyName": {aName}, "Type": {"commercial_registrar_excerpt"}, "Attributes": {`{"business_name":"Example Ltd"}`},
		}},
		"a file alone": {
			Document{Type: "passport", File: aFiledDocument.File}, map[string][]string{"FriendlyName": {aName}, "Type": {"passport"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, creating(plain(), `{"sid": "`+document1+`"}`))
			if _, err := client.EnsureDocument(t.Context(), aName, c.document); err != nil {
				t.Fatal(err)
			}
			want := asked{http.MethodPost, regulatory + "/SupportingDocuments", map[string][]string{}, c.form}
			if got := carrier.got()[1]; !reflect.DeepEqual(got, want) {
				t.Errorf("asked %v\n want %v", got, want)
			}
			if c.document.File == nil != (len(carrier.files) == 0) {
				t.Fatalf("%d files", len(carrier.files))
			}
			for _, file := range carrier.files {
				if !reflect.DeepEqual(file, *c.document.File) {
					t.Errorf("sent %+v", file)
				}
			}
		})
	}
}

func TestAnUploadMayTakeLongerThanOtherRequests(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, creating(plain(), `{"sid": "`+document1+`"}`))
	patience := map[string]time.Duration{}
	network := client.transport
	client.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		until, _ := r.Context().Deadline()
		patience[r.Method] = time.Until(until).Round(time.Minute / 2)
		return network.RoundTrip(r)
	})
	if _, err := client.EnsureDocument(t.Context(), aName, aFiledDocument); err != nil {
		t.Error(err)
	}
	if want := map[string]time.Duration{http.MethodGet: 0, http.MethodPost: time.Minute}; !maps.Equal(patience, want) {
		t.Errorf("waits %v, want %v, give or take", patience, want)
	}
}

func TestARefusedUploadShowsNothingOfIt(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			always(http.StatusBadRequest, "", strings.Replace(refusal(400, 12301), "+12025550123", "Example Ltd", 1))(c, w, r, 0)
			return
		}
		c.says(w, r, http.StatusOK, plain())
	})
	_, err := client.EnsureDocument(t.Context(), aName, aFiledDocument)
	if ClassOf(err) != Refused || !strings.Contains(err.Error(), "code 12301") || strings.Contains(err.Error(), "Example") {
		t.Errorf("EnsureDocument = %v", err)
	}
}

func TestAFileIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", r.URL.String())
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		c.says(w, r, http.StatusOK, plain())
	})
	if _, err := client.EnsureDocument(t.Context(), aName, aFiledDocument); ClassOf(err) != Unknown {
		t.Errorf("EnsureDocument = %v", err)
	}
	if len(carrier.files) != 1 {
		t.Errorf("sent %d times", len(carrier.files))
	}
}
