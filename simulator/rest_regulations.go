package simulator

import (
	"net/http"
	"slices"
)

// compliance is where Twilio's regulatory resources are.
const compliance = "/v2/RegulatoryCompliance"

// regulationOperations are those of what countries ask for.
func regulationOperations() []operation {
	const path = "GET " + compliance
	return []operation{
		{"ListRegulation", path + "/Regulations", listRegulations},
		{"FetchRegulation", path + "/Regulations/{sid}", getRegulation},
		{"ListEndUserType", path + "/EndUserTypes", listPaperTypes("end_user_types", "/EndUserTypes", endUserTypes)},
		{"FetchEndUserType", path + "/EndUserTypes/{sid}", getPaperType("/EndUserTypes", endUserTypes)},
		{
			"ListSupportingDocumentType", path + "/SupportingDocumentTypes",
			listPaperTypes("supporting_document_types", "/SupportingDocumentTypes", documentTypes),
		},
		{
			"FetchSupportingDocumentType", path + "/SupportingDocumentTypes/{sid}",
			getPaperType("/SupportingDocumentTypes", documentTypes),
		},
	}
}

// regulationResource is a regulation as REST shows it.
type regulationResource struct {
	EndUserType  string       `json:"end_user_type"`
	FriendlyName string       `json:"friendly_name"`
	ISOCountry   string       `json:"iso_country"`
	NumberType   string       `json:"number_type"`
	Requirements requirements `json:"requirements"`
	SID          string       `json:"sid"`
	URL          string       `json:"url"`
}

type requirements struct {
	EndUser            []endUserRequirement    `json:"end_user"`
	SupportingDocument [][]documentRequirement `json:"supporting_document"`
}

type endUserRequirement struct {
	Name            string          `json:"name"`
	Type            string          `json:"type"`
	RequirementName string          `json:"requirement_name"`
	URL             string          `json:"url"`
	Fields          []string        `json:"fields"`
	DetailedFields  []detailedField `json:"detailed_fields"`
}

type documentRequirement struct {
	Name              string             `json:"name"`
	Type              string             `json:"type"`
	RequirementName   string             `json:"requirement_name"`
	Description       string             `json:"description"`
	AcceptedDocuments []acceptedDocument `json:"accepted_documents"`
}

type acceptedDocument struct {
	Name           string          `json:"name"`
	Type           string          `json:"type"`
	URL            string          `json:"url"`
	Fields         []string        `json:"fields"`
	DetailedFields []detailedField `json:"detailed_fields"`
}

// detailedField is a field to be filled in. Constraint is there when it was asked for.
type detailedField struct {
	MachineName  string `json:"machine_name"`
	FriendlyName string `json:"friendly_name"`
	Description  string `json:"description,omitempty"`
	Constraint   string `json:"constraint,omitempty"`
}

func detailed(fields []string, of string, constraints bool) []detailedField {
	all := []detailedField{}
	for _, name := range fields {
		f := detailedField{MachineName: name, FriendlyName: fieldNames[name]}
		if of != "" {
			f.Description = fieldNames[name] + " of the " + of
		}
		if constraints {
			f.Constraint = "String"
		}
		all = append(all, f)
	}
	return all
}

func (g *regulation) resource(r *http.Request, constraints bool) regulationResource {
	base := hostOf(r) + compliance
	who := paperTypeOf(endUserTypes, g.endUser).name
	res := regulationResource{
		EndUserType: g.endUser, FriendlyName: marketOf(g.iso).name + ": " + g.kind.path + " - " + who, ISOCountry: g.iso,
		NumberType: g.kind.bundle, SID: g.sid(), URL: base + "/Regulations/" + g.sid(),
	}
	res.Requirements.EndUser = []endUserRequirement{{
		Name: who, Type: g.endUser, RequirementName: g.endUser + "_info", URL: base + "/Regulations/" + g.endUser,
		Fields: g.fields, DetailedFields: detailed(g.fields, who, constraints),
	}}
	all := []documentRequirement{}
	for _, p := range g.proofs {
		d := documentRequirement{Name: p.name, Type: "document", RequirementName: p.requirement, Description: p.description}
		for _, a := range p.accepted {
			d.AcceptedDocuments = append(d.AcceptedDocuments, acceptedDocument{
				Name: a.name, Type: a.kind, URL: base + "/DocumentTypes/" + a.kind, Fields: a.fields,
				DetailedFields: detailed(a.fields, who, constraints),
			})
		}
		all = append(all, d)
	}
	res.Requirements.SupportingDocument = [][]documentRequirement{all}
	return res
}

// listRegulations lists what is asked for, by country, number type and end user. Nothing is an answer: no bundle is needed.
func listRegulations(r *http.Request) (int, any, error) {
	q := r.URL.Query()
	constraints, _, err := flag(q, "IncludeConstraints")
	if err != nil {
		return 0, nil, err
	}
	if who := q.Get("EndUserType"); who != "" && paperTypeOf(endUserTypes, who) == nil {
		return 0, nil, fault(400, 20001, "EndUserType must be individual or business")
	}
	fits := func(filter, value string) bool { return q.Get(filter) == "" || q.Get(filter) == value }
	all := []regulationResource{}
	for i := range regulations {
		g := &regulations[i]
		if fits("IsoCountry", g.iso) && fits("NumberType", g.kind.bundle) && fits("EndUserType", g.endUser) {
			all = append(all, g.resource(r, constraints))
		}
	}
	return listed(r, "results", all)
}

func getRegulation(r *http.Request) (int, any, error) {
	g := regulationBySID(r.PathValue("sid"))
	if g == nil {
		return 0, nil, notFound(r)
	}
	constraints, _, err := flag(r.URL.Query(), "IncludeConstraints")
	return http.StatusOK, g.resource(r, constraints), err
}

// paperTypeResource is a type of end user or document as REST shows it.
type paperTypeResource struct {
	Fields       []detailedField `json:"fields"`
	FriendlyName string          `json:"friendly_name"`
	MachineName  string          `json:"machine_name"`
	SID          string          `json:"sid"`
	URL          string          `json:"url"`
}

func (t *paperType) resource(r *http.Request, path string) paperTypeResource {
	return paperTypeResource{
		Fields: detailed(t.fields, "", true), FriendlyName: t.name, MachineName: t.kind, SID: t.sid(),
		URL: hostOf(r) + compliance + path + "/" + t.sid(),
	}
}

func listPaperTypes(key, path string, types []paperType) answer {
	return func(r *http.Request) (int, any, error) {
		all := []paperTypeResource{}
		for i := range types {
			all = append(all, types[i].resource(r, path))
		}
		return listed(r, key, all)
	}
}

// getPaperType finds a type by its SID or its name.
func getPaperType(path string, types []paperType) answer {
	return func(r *http.Request) (int, any, error) {
		wanted := r.PathValue("sid")
		i := slices.IndexFunc(types, func(t paperType) bool { return t.sid() == wanted || t.kind == wanted })
		if i < 0 {
			return 0, nil, notFound(r)
		}
		return http.StatusOK, types[i].resource(r, path), nil
	}
}
