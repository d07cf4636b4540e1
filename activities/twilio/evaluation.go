package twilio

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Evaluate has the carrier check a bundle before it is submitted, which takes no time. It returns what is missing
// or wrong; empty is compliant. It is safe to repeat: each run makes one more evaluation, which harms nothing.
func (c *Client) Evaluate(ctx context.Context, bundle string) (reasons []models.CarrierReason, err error) {
	if err := checkSID("BU", bundle); err != nil {
		return nil, err
	}
	err = c.askCompliance(ctx, "evaluate bundle", func(s *compliance.ApiService) error {
		evaluation, err := s.CreateEvaluation(bundle)
		if err != nil {
			return err
		}
		reasons, err = reasonsOf(evaluation)
		return err
	})
	return reasons, err
}

// requirement is what an evaluation says of one thing that a regulation wants.
type requirement struct {
	Name          string `json:"requirement_name"`
	ObjectType    string `json:"object_type"`
	Passed        bool   `json:"passed"`
	FailureReason string `json:"failure_reason"`
	Invalid       []struct {
		ObjectField   string `json:"object_field"`
		FailureReason string `json:"failure_reason"`
	} `json:"invalid"`
}

func reasonsOf(evaluation *compliance.NumbersV2Evaluation) (reasons []models.CarrierReason, err error) {
	var requirements []requirement
	switch {
	case text(evaluation.Status) == "compliant":
		return nil, nil
	case text(evaluation.Status) != "noncompliant" || evaluation.Results == nil:
		return nil, errNoAnswer
	}
	if err := reread(*evaluation.Results, &requirements); err != nil {
		return nil, err
	}
	for _, r := range requirements {
		if r.Passed {
			continue
		}
		for _, reason := range r.reasons() {
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
	}
	if len(reasons) == 0 {
		return nil, errNoAnswer
	}
	return reasons, nil
}

// reasons are those of its fields, else its own.
func (r requirement) reasons() []models.CarrierReason {
	if len(r.Invalid) == 0 {
		return []models.CarrierReason{{Field: r.field(""), Text: r.FailureReason}}
	}
	reasons := make([]models.CarrierReason, len(r.Invalid))
	for i, invalid := range r.Invalid {
		reasons[i] = models.CarrierReason{Field: r.field(invalid.ObjectField), Text: invalid.FailureReason}
	}
	return reasons
}

// field is where the form asks for what is in a field of the carrier's.
func (r requirement) field(name string) string {
	switch {
	case name == addressSIDs, r.ObjectType == models.AddressDocument:
		return "address"
	case r.ObjectType != string(models.Business) && r.ObjectType != string(models.Individual):
		return "documents." + r.Name
	case name == "":
		return "person"
	default:
		return "person." + name
	}
}

// reread reads what twilio-go has read without a type.
func reread(untyped, typed any) error {
	raw, err := json.Marshal(untyped)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, typed)
}

// appendNew leaves out what is empty or there already.
func appendNew(texts []string, more ...string) []string {
	for _, t := range more {
		if t != "" && !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	return texts
}
