package twilio

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// BundleStatus asks how far the carrier is with a bundle. It is safe to repeat.
func (c *Client) BundleStatus(ctx context.Context, bundle string) (models.BundleStatus, error) {
	found, err := c.bundle(ctx, bundle)
	if err != nil {
		return "", err
	}
	return models.BundleStatus(*found.Status), nil
}

func (c *Client) bundle(ctx context.Context, sid string) (found *compliance.NumbersV2Bundle, err error) {
	if err := checkSID("BU", sid); err != nil {
		return nil, err
	}
	err = c.askCompliance(ctx, "read bundle", func(s *compliance.ApiService) error {
		bundle, err := s.FetchBundle(sid)
		if err != nil || text(bundle.Sid) != sid || bundle.Status == nil {
			return errors.Join(err, errNoAnswer)
		}
		found = bundle
		return nil
	})
	return found, err
}

// Submit gives a bundle to the carrier to review, which nobody can take back. One that is no draft any more was
// submitted before, and is left alone, also when the carrier has refused it since: so it is safe to repeat.
func (c *Client) Submit(ctx context.Context, bundle string) error {
	status, err := c.BundleStatus(ctx, bundle)
	if err != nil || status != models.BundleDraft {
		return err
	}
	// Nothing else may be changed by the same request.
	params := new(compliance.UpdateBundleParams).SetStatus(string(models.BundlePending))
	err = c.askCompliance(ctx, "submit bundle", func(s *compliance.ApiService) error {
		submitted, err := s.UpdateBundle(bundle, params)
		if err != nil || text(submitted.Sid) != bundle {
			return errors.Join(err, errNoAnswer)
		}
		return nil
	})
	if ClassOf(err) != Unknown {
		return err
	}
	if status, lost := c.BundleStatus(ctx, bundle); lost == nil && status != models.BundleDraft {
		return nil
	}
	return err
}

// BundleFaults are what the carrier found wrong with the documents of a bundle that it has refused; it is empty
// where the carrier says nothing, as the reason may be in its e-mail and callback alone. documents are the carrier's ids
// of those that were handed in, by the name of their rule; one that is not among them is blamed on every rule that
// accepts its type. It is safe to repeat.
func (c *Client) BundleFaults(ctx context.Context, bundle string, documents map[string]string) ([]models.CarrierReason, error) {
	faulty, err := c.faulty(ctx, bundle)
	if err != nil {
		return nil, err
	}
	var rules []models.DocumentRule
	if slices.ContainsFunc(faulty, func(d *compliance.NumbersV2SupportingDocument) bool { return len(fieldsOf(d, documents, nil)) == 0 }) {
		if rules, err = c.rules(ctx, bundle); err != nil {
			return nil, err
		}
	}
	var reasons []models.CarrierReason
	for _, document := range faulty {
		fields := fieldsOf(document, documents, rules)
		if len(fields) == 0 {
			fields = []string{""}
		}
		for _, field := range fields {
			for _, fault := range faultsOf(document) {
				reasons = append(reasons, models.CarrierReason{Field: field, Text: fault})
			}
		}
	}
	return reasons, nil
}

// faulty are the documents of a bundle with which the carrier finds something wrong.
func (c *Client) faulty(ctx context.Context, bundle string) ([]*compliance.NumbersV2SupportingDocument, error) {
	objects, err := c.assigned(ctx, bundle)
	if err != nil {
		return nil, err
	}
	var faulty []*compliance.NumbersV2SupportingDocument
	for _, object := range objects {
		if !is("RD", object) {
			continue
		}
		document, err := c.document(ctx, object)
		switch {
		case errors.Is(err, models.ErrNotFound): // deleted since
		case err != nil:
			return nil, err
		case len(faultsOf(document)) > 0:
			faulty = append(faulty, document)
		}
	}
	return faulty, nil
}

func (c *Client) document(ctx context.Context, sid string) (found *compliance.NumbersV2SupportingDocument, err error) {
	err = c.askCompliance(ctx, "read document", func(s *compliance.ApiService) error {
		document, err := s.FetchSupportingDocument(sid)
		if err != nil || text(document.Sid) != sid {
			return errors.Join(err, errNoAnswer)
		}
		found = document
		return nil
	})
	return found, err
}

// faultsOf are the sentences in which the carrier says what is wrong with a document, else a word of ours.
func faultsOf(document *compliance.NumbersV2SupportingDocument) []string {
	var faults []string
	status := text(document.Status)
	if status == "approved" || status == "provisionally-approved" {
		return nil
	}
	var errs []struct {
		Code          int
		Message       string
		FailureReason string `json:"failure_reason"`
	}
	var coded []string // what is known of codes alone
	if document.Errors != nil && reread(*document.Errors, &errs) == nil {
		for _, e := range errs {
			faults = appendNew(faults, e.Message, e.FailureReason)
			coded = appendNew(coded, formFaults[e.Code].Text)
		}
	}
	faults = appendNew(faults, text(document.FailureReason))
	if len(faults) == 0 {
		faults = coded
	}
	if len(faults) == 0 && status == "rejected" {
		faults = []string{"The carrier has refused this document and does not say why."}
	}
	return faults
}

// rules are what the regulation of a bundle wants to have proved.
func (c *Client) rules(ctx context.Context, bundle string) (rules []models.DocumentRule, err error) {
	found, err := c.bundle(ctx, bundle)
	if err != nil || !is("RN", text(found.RegulationSid)) {
		return nil, err
	}
	err = c.askCompliance(ctx, "read regulation", func(s *compliance.ApiService) error {
		regulation, err := s.FetchRegulation(*found.RegulationSid, nil)
		if err != nil {
			return err
		}
		read, err := regulationOf(regulation)
		rules = read.Documents
		return err
	})
	return rules, err
}

// fieldsOf are where the form asks for a document: at the rule that it was handed in for. Where that is not known, at each
// of the rules that accept its type.
func fieldsOf(document *compliance.NumbersV2SupportingDocument, documents map[string]string, rules []models.DocumentRule) []string {
	kind := text(document.Type)
	if kind == models.AddressDocument {
		return []string{"address"}
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		if documents[name] == text(document.Sid) {
			fields = append(fields, "documents."+name)
		}
	}
	if len(fields) > 0 {
		return fields
	}
	for _, rule := range rules {
		if slices.ContainsFunc(rule.Accepted, func(t models.DocumentType) bool { return t.Name == kind }) {
			fields = append(fields, "documents."+rule.Name)
		}
	}
	return fields
}
