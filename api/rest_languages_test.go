package api

import (
	"net/http"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestRESTLanguagesWithPromptsComeFirst(t *testing.T) {
	t.Parallel()
	var got list[models.Language]
	newREST(t, nil).send(http.MethodGet, "/v1/languages", "").is(http.StatusOK).into(&got)
	if len(got.Items) != len(models.CarrierLanguages) || got.Items[0].Code != models.DefaultLanguage {
		t.Fatalf("%d languages, %s first", len(got.Items), got.Items[0].Code)
	}
	for i, l := range got.Items {
		builtIn := i < len(models.Languages)
		if l.Complete != builtIn || (l.Voice != "") != builtIn {
			t.Errorf("%s, at %d: complete %t with voice %q", l.Code, i, l.Complete, l.Voice)
		}
	}
}
