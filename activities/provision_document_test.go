package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
)

func TestADocumentIsOpenedAndHandedIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, germanForm())
		sealed, err := s.Sealed(t.Context(), "document-1")
		if err != nil || strings.Contains(string(sealed), "excerpt") {
			t.Fatalf("it is kept as %q (%v)", sealed, err)
		}
		p.until(models.StepEvaluate)
		papers := p.carrier.Bundles()[0].Papers
		var proofs []simulator.PaperView
		for _, paper := range papers {
			if paper.Type != string(models.Business) {
				proofs = append(proofs, paper)
			}
		}
		if len(papers) != 3 || len(proofs) != 2 {
			t.Fatalf("handed in %+v", papers)
		}
		for _, proof := range proofs {
			mime, size, name := "application/pdf", int64(len(excerpt)), p.request.ID+"/1 document 1"
			if proof.Type == models.AddressDocument { // no file: the address is all there is
				mime, size, name = "", 0, p.request.ID+"/1 document 2"
			}
			if proof.MimeType != mime || proof.Size != size || proof.FriendlyName != name {
				t.Errorf("handed in %+v", proof)
			}
		}
	})
}

func TestADocumentThatNoKeyOpensIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	another, err := secrets.ParseKeys(secrets.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]*secrets.Keys{"another": another, "none": nil} {
		p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepDocument)
		p.provisioner.Keys = keys
		_, err := p.tries(models.StepDocument)
		for _, word := range []string{"RINGDOWN_PAYLOAD_KEY", "restart the workers", "try again"} {
			if says := p.cannot(err); !strings.Contains(says, word) {
				t.Errorf("with %s it says nothing of %q: %s", name, word, says)
			}
		}
		p.provisioner.Keys = p.keys
		p.works()
	}
}

func TestADocumentThatIsGoneIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(p *setup){
		"it was never there": func(p *setup) {
			p.request.Form.Documents["business_name_info"] = models.SubmittedDocument{Type: "commercial_registrar_excerpt", File: "no such document"}
		},
		"its content is gone": func(p *setup) {
			rejected := p.request
			rejected.Status = models.RequestRejected
			_, err := p.store.KeepNumberRequest(p.Context(), rejected)
			p.must(err)
		},
		"it was changed": func(p *setup) {
			document := models.Document{ID: "document-2", Name: "other.pdf", MediaType: "application/pdf", By: nora}
			_, err := p.store.AddDocument(p.Context(), document, []byte("this was never sealed"))
			p.must(err)
			p.request.Form.Documents["business_name_info"] = models.SubmittedDocument{Type: "commercial_registrar_excerpt", File: "document-2"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepDocument)
			lose(p)
			found := p.finds(models.StepDocument)
			if len(found.Reasons) != 1 || found.Reasons[0].Field != "documents.business_name_info" || !strings.Contains(found.Reasons[0].Text, "Upload it again") {
				t.Fatalf("found %+v", found)
			}
			if after := p.request.After(models.StepDocument, found, time.Now()); after.Status != models.RequestWaitingForRequester {
				t.Errorf("it is %+v", after)
			}
		})
	}
}

func TestADocumentThatTheFormLacksIsAskedFor(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepDocument)
	delete(p.request.Form.Documents, "business_name_info")
	found := p.finds(models.StepDocument)
	if len(found.Reasons) != 1 || found.Reasons[0].Field != "documents.business_name_info" {
		t.Errorf("found %+v", found)
	}
	if n := len(p.carrier.Ledger().Of(simulator.LedgerDocument)); n != 0 {
		t.Errorf("%d documents were made", n)
	}
}
