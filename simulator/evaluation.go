package simulator

import (
	"slices"
	"time"
)

// Twilio's errors for what a bundle lacks.
const (
	codeNoEndUser       = 22214
	codeNoEndUserField  = 22215
	codeNoDocument      = 22216
	codeNoDocumentField = 22217
	codeNoAddress       = 22219
)

// evaluation is a check of a bundle against its regulation.
type evaluation struct {
	sid       string
	compliant bool
	findings  []finding
	created   time.Time
}

// finding is what was found of one requirement, as REST shows it.
type finding struct {
	ErrorCode               *int           `json:"error_code"`
	FailureReason           *string        `json:"failure_reason"`
	FriendlyName            string         `json:"friendly_name"`
	Invalid                 []fieldFinding `json:"invalid"`
	ObjectType              string         `json:"object_type"`
	Passed                  bool           `json:"passed"`
	RequirementFriendlyName string         `json:"requirement_friendly_name"`
	RequirementName         string         `json:"requirement_name"`
	Valid                   []fieldFinding `json:"valid"`
}

// fieldFinding is what was found of one field. A valid one has no error.
type fieldFinding struct {
	ErrorCode     int    `json:"error_code,omitempty"`
	FailureReason string `json:"failure_reason,omitempty"`
	FriendlyName  string `json:"friendly_name"`
	ObjectField   string `json:"object_field"`
}

// evaluate checks what is in a bundle, which must have a regulation.
func (o *office) evaluate(b *bundle) evaluation {
	g, papers := b.regulation, o.papersOf(b)
	e := evaluation{sid: newSID("EL"), created: time.Now()}
	who, first := g.findEndUser(papers)
	e.findings = append(e.findings, first)
	for _, p := range g.proofs {
		e.findings = append(e.findings, o.findProof(g, p, papers, who))
	}
	e.compliant = !slices.ContainsFunc(e.findings, func(f finding) bool { return !f.Passed })
	return e
}

// findEndUser looks for the end user among the papers. It is nil when there is none.
func (g *regulation) findEndUser(papers []*paper) (*paper, finding) {
	name := paperTypeOf(endUserTypes, g.endUser).name
	f := finding{
		FriendlyName: name, ObjectType: g.endUser, RequirementFriendlyName: name, RequirementName: g.endUser + "_info",
		Valid: []fieldFinding{}, Invalid: []fieldFinding{},
	}
	i := slices.IndexFunc(papers, func(p *paper) bool { return p.sort == endUserSort && p.kind == g.endUser })
	if i < 0 {
		f.fail(codeNoEndUser, "A "+name+" End-User is missing. Please add one to the regulatory bundle.")
	}
	for _, field := range g.fields {
		valid := i >= 0 && papers[i].text(field) != ""
		f.add(field, valid, codeNoEndUserField, "The "+fieldNames[field]+" is missing on the "+name+" information.")
	}
	f.close("The " + name + " information is not complete.")
	if i < 0 {
		return nil, f
	}
	return papers[i], f
}

// findProof looks for a document that will do, and takes the one with the fewest mistakes.
func (o *office) findProof(g *regulation, p proof, papers []*paper, who *paper) finding {
	var best *finding
	for _, a := range p.accepted {
		for _, d := range papers {
			if d.sort != documentSort || d.kind != a.kind {
				continue
			}
			f := o.findDocument(g, p, a, d, who)
			if best == nil || len(f.Invalid) < len(best.Invalid) {
				best = &f
			}
		}
	}
	if best == nil {
		f := o.findDocument(g, p, p.accepted[0], nil, who)
		return f
	}
	return *best
}

// findDocument checks one document, which is nil when it is missing.
func (o *office) findDocument(g *regulation, p proof, a accepted, d, who *paper) finding {
	f := finding{
		FriendlyName: a.name, ObjectType: a.kind, RequirementFriendlyName: p.name, RequirementName: p.requirement,
		Valid: []fieldFinding{}, Invalid: []fieldFinding{},
	}
	if d == nil {
		f.fail(codeNoDocument, "The "+a.name+" is missing. Please add one to the regulatory bundle.")
	}
	if paperTypeOf(documentTypes, a.kind).file {
		f.add("file", d != nil && d.mime != "", codeNoDocumentField, "The file is missing on the "+a.name+".")
	}
	for _, field := range a.fields {
		if field == "address_sids" {
			f.add(field, d != nil && o.locates(d, g, p), codeNoAddress, "The Address is missing, or not one that the regulation accepts.")
			continue
		}
		valid := d != nil && d.text(field) != "" && (who == nil || who.text(field) == "" || who.text(field) == d.text(field))
		f.add(field, valid, codeNoDocumentField, "The "+fieldNames[field]+" is missing. Or, it does not match the one of the end user.")
	}
	f.close("The " + a.name + " is not complete.")
	return f
}

// locates reports whether a document names addresses that exist, and are in the country where they must be.
func (o *office) locates(d *paper, g *regulation, p proof) bool {
	sids := d.addresses()
	return len(sids) > 0 && !slices.ContainsFunc(sids, func(sid string) bool {
		a := o.address(sid)
		return a == nil || (p.domestic && a.ISOCountry != g.iso)
	})
}

func (f *finding) fail(code int, reason string) { f.ErrorCode, f.FailureReason = &code, &reason }

func (f *finding) add(field string, valid bool, code int, reason string) {
	found := fieldFinding{FriendlyName: orElse(fieldNames[field], "File"), ObjectField: field}
	if valid {
		f.Valid = append(f.Valid, found)
		return
	}
	found.ErrorCode, found.FailureReason = code, reason
	f.Invalid = append(f.Invalid, found)
}

// close says whether the requirement is met. reason is why not, unless a reason is known.
func (f *finding) close(reason string) {
	if len(f.Invalid) > 0 && f.FailureReason == nil {
		f.fail(f.Invalid[0].ErrorCode, reason)
	}
	f.Passed = f.FailureReason == nil
}
