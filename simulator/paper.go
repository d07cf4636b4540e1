package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The states of a document.
const (
	documentDraft    = "draft"          // may be changed
	documentPending  = "pending-review" // in a bundle that is under review
	documentApproved = "approved"
	documentRejected = "rejected" // until it is changed
)

// paper is an end user or a supporting document: what bundles are made of. An end user has no status and no file.
type paper struct {
	sort             *paperSort
	sid, name, kind  string
	attributes       map[string]any
	status, failure  string
	mime             string // of the file; empty without one
	size             int64  // of the file, in bytes
	created, updated time.Time
}

// paperSort is what end users and documents do not have in common.
type paperSort struct {
	prefix, path, ledger string
	operation            string // how the names of its operations end
	types                []paperType
}

var (
	endUserSort  = &paperSort{"IT", "/EndUsers", LedgerEndUser, "EndUser", endUserTypes}
	documentSort = &paperSort{"RD", "/SupportingDocuments", LedgerDocument, "SupportingDocument", documentTypes}
)

func (o *office) paper(sid string) *paper {
	i := slices.IndexFunc(o.papers, func(p *paper) bool { return p.sid == sid })
	if i < 0 {
		return nil
	}
	return o.papers[i]
}

// change sets what a form gives. What was rejected may be shown again.
func (p *paper) change(f url.Values) error {
	if f.Has("FriendlyName") {
		if p.name = f.Get("FriendlyName"); p.name == "" {
			return missing("FriendlyName")
		}
	}
	if f.Has("Attributes") {
		attributes := map[string]any{}
		if err := json.Unmarshal([]byte(f.Get("Attributes")), &attributes); err != nil || attributes == nil {
			return fault(400, 20001, "Attributes must be a JSON object")
		}
		p.attributes = attributes
	}
	if p.status == documentRejected {
		p.status, p.failure = documentDraft, ""
	}
	p.updated = time.Now()
	return nil
}

// text is an attribute, empty when it is absent or no text.
func (p *paper) text(name string) string {
	s, _ := p.attributes[name].(string)
	return s
}

// addresses are the SIDs of the addresses that the paper names: a list, or one alone.
func (p *paper) addresses() []string {
	if one := p.text("address_sids"); one != "" {
		return []string{one}
	}
	var all []string
	list, _ := p.attributes["address_sids"].([]any)
	for _, v := range list {
		s, _ := v.(string)
		all = append(all, s)
	}
	return all
}

// paperResource is what REST shows of every paper.
type paperResource struct {
	AccountSID   string         `json:"account_sid"`
	Attributes   map[string]any `json:"attributes"`
	DateCreated  string         `json:"date_created"`
	DateUpdated  string         `json:"date_updated"`
	FriendlyName string         `json:"friendly_name"`
	SID          string         `json:"sid"`
	Type         string         `json:"type"`
	URL          string         `json:"url"`
}

// documentResource is a document as REST shows it.
type documentResource struct {
	paperResource
	Errors        []map[string]int `json:"errors"`
	FailureReason *string          `json:"failure_reason"`
	MimeType      *string          `json:"mime_type"`
	Status        string           `json:"status"`
}

// codeBadDocument is Twilio's error for a document that the review does not accept.
const codeBadDocument = 18001

func (p *paper) resource(c *Carrier, r *http.Request) any {
	res := paperResource{
		AccountSID: c.cfg.AccountSID, Attributes: p.attributes, DateCreated: p.created.UTC().Format(iso8601),
		DateUpdated: p.updated.UTC().Format(iso8601), FriendlyName: p.name, SID: p.sid, Type: p.kind,
		URL: hostOf(r) + compliance + p.sort.path + "/" + p.sid,
	}
	if p.sort == endUserSort {
		return res
	}
	d := documentResource{paperResource: res, MimeType: optional(p.mime), FailureReason: optional(p.failure), Status: p.status}
	if p.status == documentRejected {
		d.Errors = []map[string]int{{"code": codeBadDocument}}
	}
	return d
}
