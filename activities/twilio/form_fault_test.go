package twilio

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestWhichRefusalsTheRequesterCanMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   CarrierError
		field string // empty: nobody who fills in a form can
	}{
		"an address that nobody finds":       {CarrierError{Class: Refused, Status: 400, Code: 21628}, "address"},
		"an address much like another":       {CarrierError{Class: Refused, Status: 400, Code: 21629}, "address"},
		"no address":                         {CarrierError{Class: Refused, Status: 400, Code: 21631}, "address"},
		"an address elsewhere":               {CarrierError{Class: Refused, Status: 400, Code: 21615}, "address"},
		"no address on file":                 {CarrierError{Class: Refused, Status: 400, Code: 21613}, "address"},
		"a document that proves nothing":     {CarrierError{Class: Refused, Status: 400, Code: 21651}, "documents"},
		"an e-mail that is none":             {CarrierError{Class: Refused, Status: 400, Code: 22104}, "email"},
		"a blurred document":                 {CarrierError{Class: Refused, Status: 400, Code: 18002}, "documents"},
		"a post box":                         {CarrierError{Class: Refused, Status: 400, Code: 18018}, "address"},
		"a file that is too large":           {CarrierError{Op: opUpload, Class: Refused, Status: http.StatusRequestEntityTooLarge}, "documents"},
		"a file of another type":             {CarrierError{Op: opUpload, Class: Refused, Status: 400, Code: 12301}, "documents"},
		"a bad request without a file":       {CarrierError{Op: "create address", Class: Refused, Status: 400, Code: 20001}, ""},
		"an upload without a permission":     {CarrierError{Op: opUpload, Class: Refused, Status: 403, Code: 20003}, ""},
		"no bundle":                          {CarrierError{Class: Refused, Status: 400, Code: 21649}, ""},
		"a number that somebody else has":    {CarrierError{Class: Refused, Status: 400, Code: 21422}, ""},
		"attributes that we wrote wrong":     {CarrierError{Class: Refused, Status: 400, Code: 22207}, ""},
		"an end user that is gone":           {CarrierError{Class: Refused, Status: 400, Code: 22205}, ""},
		"a refusal without a code":           {CarrierError{Class: Refused, Status: 400}, ""},
		"an answer that nobody understands":  {CarrierError{Class: Unknown, Status: 500, Code: 21628}, ""},
		"a carrier that has no time":         {CarrierError{Class: Busy, Status: 429, Code: 20429}, ""},
		"an account that is suspended":       {CarrierError{Class: Credentials, Status: 401, Code: 20005}, ""},
		"an upload that the network cut off": {CarrierError{Op: opUpload, Class: Unknown}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			field, text, ok := FormFault(fmt.Errorf("hand it in: %w", &c.err))
			if ok != (c.field != "") || field != c.field || ok != strings.HasSuffix(text, ".") {
				t.Errorf("FormFault = %q, %q, %v", field, text, ok)
			}
		})
	}
	for _, err := range []error{nil, models.ErrNotFound, &models.InvalidError{Field: "address"}} {
		if field, text, ok := FormFault(err); ok || field != "" || text != "" {
			t.Errorf("FormFault(%v) = %q, %q", err, field, text)
		}
	}
}

func TestAFileThatIsTooLargeIsRefusedInPlainWords(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	for _, size := range []int{5<<20 + 1, 7 << 20, models.DocumentAtMost} {
		document := aFiledDocument
		document.File = &File{Name: "large.pdf", MediaType: "application/pdf", Content: bytes.Repeat([]byte("a"), size)}
		_, err := client.EnsureDocument(t.Context(), aName, document)
		field, text, ok := FormFault(err)
		if !ok || field != "documents" || !strings.Contains(text, "5 MB") {
			t.Errorf("%d bytes: %q, %q (%v)", size, field, text, err)
		}
		var refused *CarrierError
		if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if held := carrier.Ledger().Held(); len(held) > 0 {
		t.Errorf("kept %+v", held)
	}
}
