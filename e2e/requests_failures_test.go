package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/workflowservice/v1"
)

// The carrier loses replies and requests, and answers with errors before and after it acted, at every step of several
// requests at once; it tells of its reviews twice and late. Everything is there once.
func TestWhateverTheCarrierLosesEverythingIsThereOnce(t *testing.T) {
	t.Parallel()
	s := sharedSystem(t, "requests-lost")
	var rules []simulator.Rule
	for _, operation := range []string{
		"CreateAddress", "CreateEndUser", "CreateSupportingDocument", "CreateBundle", "CreateItemAssignment", "CreateEvaluation",
		"UpdateBundle", "FetchBundle", "CreateIncomingPhoneNumber", "FetchIncomingPhoneNumber", "ListAvailablePhoneNumberLocal", "ListRegulation",
	} {
		for _, deed := range []simulator.Deed{simulator.LoseReply, simulator.StatusAfter, simulator.LoseRequest, simulator.ReplyStatus} {
			rules = append(rules, simulator.Rule{Match: simulator.Match{Kind: "rest", Operation: operation}, Do: deed, Times: 1})
		}
	}
	rules = append(rules, simulator.Rule{Match: simulator.Match{Kind: "bundle"}, Do: simulator.Duplicate})
	s.carrier.SetFaults(simulator.Faults{Rules: rules})
	var wishes []*wish
	for range 6 {
		w := s.wishes(t, germanForm)
		w.does("approve", `{"choose":true}`)
		wishes = append(wishes, w)
	}
	for _, w := range wishes {
		w.comesTo(models.RequestActive)
		held, ever := w.ledger()
		if now, then := counts(held), counts(ever); !slices.Equal(now, []int{1, 1, 1, 2, 1}) || !slices.Equal(now, then) {
			t.Errorf("at the carrier there are %v numbers, addresses, end users, documents and bundles; ever made were %v", now, then)
		}
	}
}

func TestOfManyReviewersAtOnceOneWinsAndTheOthersAreToldWho(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		w := s.wishes(t, americanForm)
		var (
			mu   sync.Mutex
			wins int
			all  sync.WaitGroup
		)
		for n := range 8 {
			action, body := "reject", `{"reason":"No."}`
			if n%2 == 0 {
				action, body = "ask", `{"question":"Why?"}`
			}
			all.Go(func() {
				status, answer := s.asksAs(t, w.reviewer, http.MethodPost, "/v1/number-requests/"+w.id+"/"+action, body)
				mu.Lock()
				defer mu.Unlock()
				said := fmt.Sprint(answer["detail"])
				switch {
				case status == http.StatusOK:
					wins++
				case status != http.StatusConflict || !strings.Contains(said, "by reviewer of "):
					t.Errorf("%s: %d %s", action, status, said)
				}
			})
		}
		all.Wait()
		r, err := s.store.NumberRequest(t.Context(), w.id)
		if err != nil {
			t.Fatal(err)
		}
		// A question may be followed by a rejection; two of a kind never are.
		if wins > 2 || wins < 1 || wins == 2 && r.Status != models.RequestRejected || len(r.History) != 1+wins {
			t.Errorf("%d won, the request is %s: %+v", wins, r.Status, r.History)
		}
	})
}

func TestEverybodyIsToldByMailOnce(t *testing.T) {
	s := sharedSystem(t, "requests")
	w := s.wishes(t, americanForm)
	w.does("ask", `{"question":"Which city?"}`)
	w.does("answer", `{"text":"Any."}`)
	w.does("approve", `{"choose":true}`)
	r := w.comesTo(models.RequestActive)
	if err := s.temporal.GetWorkflow(t.Context(), workflows.RequestID(w.id), "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{}
	for _, m := range s.mail.Mails() {
		if subject, ok := strings.CutPrefix(m.Subject, r.Form.Name+": "); ok {
			told[m.To[0]] = append(told[m.To[0]], subject)
		}
	}
	want := map[string][]string{
		"nora@example.com": {"we have your request", "a question about your request", "approved", "the number works"},
		"rita@example.com": {"a number is asked for", "the requester has answered", "the number works"},
	}
	for who, subjects := range want {
		if !slices.Equal(told[who], subjects) {
			t.Errorf("%s is told %q, want %q", who, told[who], subjects)
		}
	}
	unsent, err := s.store.UnsentNotices(t.Context(), w.id)
	if err != nil || slices.ContainsFunc(unsent, func(n models.Notice) bool { return n.MailedAt == nil }) {
		t.Errorf("not told: %+v, %v", unsent, err)
	}
}

func TestEachNightNumbersThatWereTurnedAwayAreTurnedBack(t *testing.T) {
	s := sharedSystem(t, "requests")
	w := s.wishes(t, americanForm)
	w.does("approve", `{"choose":true}`)
	r := w.comesTo(models.RequestActive)
	number, err := s.store.Number(t.Context(), r.PhoneNumberID)
	if err != nil {
		t.Fatal(err)
	}
	s.carrier.AddNumber(simulator.Number{Phone: string(number.Number), VoiceURL: "https://elsewhere.example.com/voice"})
	if checked := s.looksAtNight(t); checked.Repaired != 1 {
		t.Fatalf("%+v", checked)
	}
	number, err = s.store.Number(t.Context(), number.ID)
	if err != nil || number.Check.Result != models.CheckRepaired || !strings.Contains(number.Check.Detail, "voice URL") {
		t.Errorf("noted: %+v, %v", number.Check, err)
	}
	notices, _, err := s.store.Notices(t.Context(), store.NoticeFilter{To: models.PartyReviewer}, store.Page{})
	if err != nil || !slices.ContainsFunc(notices, func(n models.Notice) bool {
		return n.MailedAt != nil && strings.HasPrefix(n.Subject, number.Name+": its webhooks were changed")
	}) {
		t.Errorf("reviewers were not told: %v", err)
	}
	w.works()
}

func TestRequestsThatWaitForReviewersAreFoundInTemporal(t *testing.T) {
	s := sharedSystem(t, "sqlite")
	w := s.wishes(t, americanForm)
	found := func(query string) bool {
		answer, err := s.temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "sqlite", Query: query})
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range answer.GetExecutions() {
			if run.GetExecution().GetWorkflowId() == workflows.RequestID(w.id) {
				return true
			}
		}
		return false
	}
	l := &line{t: t, s: s}
	l.comes("the request is found", func() bool { return found(`RequestStatus = "in_review" AND RequestSince < "2100-01-01T00:00:00Z"`) })
	if found(`RequestStatus = "in_review" AND RequestSince < "2020-01-01T00:00:00Z"`) {
		t.Error("a request counts as old that is not")
	}
	w.does("reject", `{"reason":"No."}`)
	l.comes("it is rejected", func() bool { return found(`RequestStatus = "rejected"`) })
}
