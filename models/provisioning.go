package models

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Step is one thing that is done to set a number up. Each looks first whether it is done, so that it may be repeated.
type Step string

// The steps, in their order. A request whose number needs no paperwork has few of them.
const (
	StepTidy       Step = "tidy"       // what an earlier round left at the carrier goes
	StepReserve    Step = "reserve"    // a place in the allotment
	StepRegulation Step = "regulation" // what the country asks, as the carrier says now
	StepChoose     Step = "choose"     // a number that fits
	StepAddress    Step = "address"
	StepEndUser    Step = "end_user"
	StepDocument   Step = "document" // the next of them
	StepBundle     Step = "bundle"
	StepAssign     Step = "assign" // all of it to the bundle
	StepEvaluate   Step = "evaluate"
	StepSubmit     Step = "submit"
	StepPoll       Step = "poll" // how far the carrier's review is
	StepBuy        Step = "buy"
	StepVerify     Step = "verify"
	StepTakeIn     Step = "take_in" // the number's row, its draft route and the alert source
)

// pollAfter is how often the carrier is asked how far it is, unless it tells before.
const pollAfter = 24 * time.Hour

// Found is what a step found or made. Which fields count depends on the step. It is kept in histories: fields are
// added, never renamed or reused.
type Found struct {
	ID         string          `json:"id,omitempty"` // of what is there now
	RouteID    string          `json:"route_id,omitempty"`
	Regulation Regulation      `json:"regulation"`
	Candidate  Candidate       `json:"candidate"`
	Bundle     BundleStatus    `json:"bundle,omitempty"`
	Reasons    []CarrierReason `json:"reasons,omitempty"`  // what is wrong with the paperwork
	Back       string          `json:"back,omitempty"`     // why a reviewer is to look again, as a sentence
	Exceeded   bool            `json:"exceeded,omitempty"` // there is one number more than allotted
	Taken      bool            `json:"taken,omitempty"`    // somebody else has the number
	Gone       bool            `json:"gone,omitempty"`     // the carrier does not know any more what was made before
	Stays      []string        `json:"stays,omitempty"`    // what the carrier would not remove
}

// Words is a step for people.
func (s Step) Words() string {
	return map[Step]string{
		StepTidy: "remove what nobody needs", StepReserve: "keep a place in the allotment", StepRegulation: "ask what the country asks",
		StepChoose: "choose a number", StepAddress: "register the address", StepEndUser: "say whom it is for",
		StepDocument: "hand in a document", StepBundle: "open the file", StepAssign: "put all into the file",
		StepEvaluate: "have the file checked", StepSubmit: "submit the file", StepPoll: "ask how far the review is",
		StepBuy: "buy the number", StepVerify: "verify its webhooks", StepTakeIn: "take the number in",
	}[s]
}

// NextStep is what is to be done now to set the number of a request up.
func (r NumberRequest) NextStep() Step {
	p := r.Provisioning
	paperwork := p.Regulation.CarrierID != ""
	switch {
	case r.Untidy():
		return StepTidy
	case !p.Reserved:
		return StepReserve
	case !p.Regulated:
		return StepRegulation
	case r.Approval.Candidate.Number == "":
		return StepChoose
	case p.AddressID == "" && r.NeedsAddress():
		return StepAddress
	case paperwork && p.EndUserID == "":
		return StepEndUser
	case paperwork && r.NextDocument().Name != "":
		return StepDocument
	case paperwork && p.BundleID == "":
		return StepBundle
	case paperwork && !p.Assigned:
		return StepAssign
	case paperwork && !p.Compliant:
		return StepEvaluate
	case paperwork && !p.Submitted:
		return StepSubmit
	case paperwork && !p.Bundle.Good():
		return StepPoll
	case p.NumberID == "":
		return StepBuy
	case !p.Verified:
		return StepVerify
	default:
		return StepTakeIn
	}
}

// makes says whether a step makes something at the carrier.
func (s Step) makes() bool {
	switch s {
	case StepAddress, StepEndUser, StepDocument, StepBundle, StepBuy:
		return true
	}
	return false
}

// Untidy says whether something may be left at the carrier that nobody needs. A step of which nothing was heard may have
// been done: who tries it again finds what it made, who does not has it removed.
func (r NumberRequest) Untidy() bool {
	p := r.Provisioning
	return len(p.Leftovers) > 0 || p.Unsure != "" && (r.Status.Final() || !p.Regulated)
}

// NeedsAddress says whether the carrier is to know an address.
func (r NumberRequest) NeedsAddress() bool {
	return r.Approval != nil && r.Approval.Candidate.Address.Needed() || r.Provisioning.Regulation.address()
}

// address says whether some document of a regulation proves an address.
func (g Regulation) address() bool {
	return slices.ContainsFunc(g.Documents, func(rule DocumentRule) bool {
		return slices.ContainsFunc(rule.Accepted, func(t DocumentType) bool { return t.Address })
	})
}

// NextDocument is the rule whose document the carrier does not have yet; its zero value says that it has all.
func (r NumberRequest) NextDocument() DocumentRule {
	for _, rule := range r.Provisioning.Regulation.Documents {
		if r.Provisioning.Documents[rule.Name] == "" {
			return rule
		}
	}
	return DocumentRule{}
}

// DocumentFor is the document of a request that meets a rule; ok is false when there is none. Where an address
// alone is accepted, that is it.
func (r NumberRequest) DocumentFor(rule DocumentRule) (submitted SubmittedDocument, kind DocumentType, ok bool) {
	submitted, given := r.Form.Documents[rule.Name]
	for _, kind := range rule.Accepted {
		if given && kind.Name == submitted.Type || !given && !kind.File() && len(kind.Fields) == 0 {
			return SubmittedDocument{Type: kind.Name, Fields: submitted.Fields, File: submitted.File}, kind, true
		}
	}
	return SubmittedDocument{}, DocumentType{}, false
}

// Missing is what a form lacks that a regulation asks, in the carrier's own words.
func (r NumberRequest) Missing(g Regulation) []CarrierReason {
	var missing []CarrierReason
	for _, field := range g.Fields {
		if strings.TrimSpace(r.Form.Person[field.Name]) == "" {
			missing = append(missing, CarrierReason{Field: "person." + field.Name, Text: field.Label + " is missing."})
		}
	}
	if (g.address() || r.Approval != nil && r.Approval.Candidate.Address.Needed()) && r.Form.Address == nil {
		missing = append(missing, CarrierReason{Field: "address", Text: "An address is missing."})
	}
	for _, rule := range g.Documents {
		submitted, kind, ok := r.DocumentFor(rule)
		if !ok || kind.File() && submitted.File == "" {
			missing = append(missing, CarrierReason{Field: "documents." + rule.Name, Text: rule.Label + " is missing."})
			continue
		}
		for _, field := range kind.Fields {
			if strings.TrimSpace(submitted.Fields[field.Name]) == "" {
				missing = append(missing, CarrierReason{Field: "documents." + rule.Name, Text: fmt.Sprintf("%s of %s is missing.", field.Label, kind.Label)})
			}
		}
	}
	return missing
}

// Objects are the carrier's ids of what belongs into the bundle of a request.
func (p Provisioning) Objects() []string {
	return append([]string{p.EndUserID}, p.handedIn()...)
}

// handedIn are the carrier's ids of the documents that it has, in the order of their rules.
func (p Provisioning) handedIn() []string {
	var ids []string
	for _, rule := range p.Regulation.Documents {
		if id := p.Documents[rule.Name]; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// CarrierName is what something is called at the carrier that is made for a request: by it, it is found again. It has
// 64 characters at most.
func (r NumberRequest) CarrierName(what string) string {
	name := fmt.Sprintf("%s/%d %s", r.ID, r.Provisioning.Round, what)
	return name[:min(len(name), 64)]
}

// DocumentName is what the document of a rule is called at the carrier. Rules are told apart by their place, since
// their names are long.
func (r NumberRequest) DocumentName(rule DocumentRule) string {
	i := slices.IndexFunc(r.Provisioning.Regulation.Documents, func(d DocumentRule) bool { return d.Name == rule.Name })
	return r.CarrierName(fmt.Sprintf("document %d", i+1))
}

// again begins to set a number up, with what is there already.
func (p Provisioning) again() Provisioning {
	p.Round = max(p.Round, 1)
	p.Tried = nil
	return p
}

// stale has everything removed that was made at the carrier, and begins another round.
func (p Provisioning) stale() Provisioning {
	fresh := Provisioning{
		Round: p.Round, Reserved: p.Reserved, PhoneNumberID: p.PhoneNumberID, Exception: p.Exception, Tried: p.Tried,
		Leftovers: p.made(), Unsure: p.Unsure,
	}
	if len(fresh.Leftovers) > 0 || p.Regulated {
		fresh.Round++
	}
	return fresh
}

// made are the carrier's ids of everything that was made, in the order in which it can be removed.
func (p Provisioning) made() []string {
	all := append(slices.Clone(p.Leftovers), p.NumberID, p.BundleID)
	all = append(all, p.handedIn()...)
	all = append(all, p.EndUserID, p.AddressID)
	return slices.DeleteFunc(all, func(id string) bool { return id == "" })
}

// abandon has everything removed that was made at the carrier, and gives the place in the allotment up.
func (r NumberRequest) abandon() NumberRequest {
	r.Provisioning = r.Provisioning.stale()
	r.Provisioning.Reserved = false
	return r
}

// Choose picks the number to be bought among those that are sold: one that has not been sold to somebody else before,
// and is like the one that was approved. Which of them depends on the request, so that those who choose at once do not
// all choose the same. ok is false when there is none.
func (r NumberRequest) Choose(sold []Candidate) (chosen Candidate, ok bool) {
	like := r.Approval.Candidate
	var fit []Candidate
	for _, c := range sold {
		if c.Voice && !slices.Contains(r.Provisioning.Tried, c.Number) && (like.Country == "" || c.Alike(like)) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return Candidate{}, false
	}
	lot := fnv.New32a()
	fmt.Fprintf(lot, "%s %d", r.ID, len(r.Provisioning.Tried))
	return fit[int(lot.Sum32()%uint32(len(fit)))], true
}

// WishesNow are the wishes by which a number is looked for. Once a reviewer has named one, what they named counts where
// it was not what was wished for; its place counts in any case.
func (r NumberRequest) WishesNow() Wishes {
	wishes, like := r.Form.Wishes, r.Approval.Candidate
	if like.Country == "" {
		return wishes
	}
	if tried := r.Provisioning.Tried; !r.Approval.Choose && len(tried) > 0 {
		named := string(tried[len(tried)-1])
		if !strings.Contains(named, wishes.AreaCode) {
			wishes.AreaCode = ""
		}
		if !strings.Contains(named, wishes.Contains) {
			wishes.Contains = ""
		}
	}
	if like.Locality != "" {
		wishes.Locality = like.Locality
	}
	return wishes
}

// MissingFor is what a form lacks that a candidate asks beside the regulation.
func (r NumberRequest) MissingFor(c Candidate) []CarrierReason {
	if !c.Address.Needed() || r.Form.Address != nil {
		return nil
	}
	text := "The carrier sells such a number only with an address."
	if c.Address == AddressLocal && c.Locality != "" {
		text = "The carrier sells such a number only with an address in " + c.Locality + "."
	}
	return []CarrierReason{{Field: "address", Text: text}}
}
