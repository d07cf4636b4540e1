package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Regulation is what a country asks of those who want a number of a type.
type Regulation struct {
	Country string
	Type    models.NumberType
	models.Regulation
}

// Regulations lists what countries ask; an empty argument stands for all. An empty list says that nothing is asked.
// Types of numbers that we do not offer are left out. It is safe to repeat.
func (c *Client) Regulations(
	ctx context.Context, country string, t models.NumberType, kind models.EndUserType,
) ([]Regulation, error) {
	filter := new(compliance.ListRegulationParams).SetIncludeConstraints(true).SetPageSize(100)
	if country != "" {
		filter.SetIsoCountry(country)
	}
	if t != "" {
		spelling, known := spellings[t]
		if !known {
			return nil, &models.InvalidError{Field: "type", Reason: "must be local, mobile, toll_free or national"}
		}
		filter.SetNumberType(spelling.bundle)
	}
	if kind != "" {
		filter.SetEndUserType(string(kind))
	}
	return pages(func(token, number string) (page []Regulation, next string, err error) {
		err = c.askCompliance(ctx, "list regulations", func(s *compliance.ApiService) error {
			answer, err := s.PageRegulation(filter, token, number)
			if err != nil || answer.Results == nil {
				return errors.Join(err, errNoAnswer)
			}
			next = text(answer.Meta.NextPageUrl)
			page, err = offered(answer.Results)
			return err
		})
		return page, next, err
	})
}

func offered(found []compliance.NumbersV2Regulation) ([]Regulation, error) {
	var regulations []Regulation
	for i := range found {
		r := &found[i]
		for t, spelling := range spellings {
			if text(r.NumberType) != spelling.bundle {
				continue
			}
			read, err := regulationOf(r)
			if err != nil {
				return nil, err
			}
			regulations = append(regulations, Regulation{Country: text(r.IsoCountry), Type: t, Regulation: read})
		}
	}
	return regulations, nil
}

// requirements are a regulation's in the carrier's words. All of the supporting documents are asked for.
type requirements struct {
	EndUser            []askedFields `json:"end_user"`
	SupportingDocument [][]struct {
		Name        string `json:"name"`
		Requirement string `json:"requirement_name"`
		Description string `json:"description"`
		Accepted    []struct {
			Name string `json:"name"`
			Type string `json:"type"`
			askedFields
		} `json:"accepted_documents"`
	} `json:"supporting_document"`
}

// askedFields are named twice: shortly, and with what is known of them.
type askedFields struct {
	Fields   []string `json:"fields"`
	Detailed []struct {
		MachineName  string          `json:"machine_name"`
		FriendlyName string          `json:"friendly_name"`
		Description  string          `json:"description"`
		Constraint   json.RawMessage `json:"constraint"`
	} `json:"detailed_fields"`
}

func regulationOf(r *compliance.NumbersV2Regulation) (models.Regulation, error) {
	read := models.Regulation{CarrierID: text(r.Sid), EndUser: models.EndUserType(text(r.EndUserType))}
	var asked requirements
	if r.Requirements == nil || !is("RN", read.CarrierID) {
		return read, errNoAnswer
	}
	if err := reread(*r.Requirements, &asked); err != nil {
		return read, err
	}
	for _, who := range asked.EndUser {
		for _, f := range who.list() {
			if !slices.ContainsFunc(read.Fields, func(known models.Field) bool { return known.Name == f.Name }) {
				read.Fields = append(read.Fields, f)
			}
		}
	}
	for _, group := range asked.SupportingDocument {
		for _, document := range group {
			rule := models.DocumentRule{Name: unlikeOthers(document.Requirement, read.Documents), Label: document.Name, Help: document.Description}
			for _, accepted := range document.Accepted {
				kind := models.DocumentType{
					Name: accepted.Type, Label: accepted.Name, Fields: accepted.list(),
					Address: slices.Contains(accepted.names(), addressSIDs),
				}
				if !slices.ContainsFunc(rule.Accepted, func(other models.DocumentType) bool { return other.Name == kind.Name }) {
					rule.Accepted = append(rule.Accepted, kind)
				}
			}
			read.Documents = append(read.Documents, rule)
		}
	}
	return read, nil
}

// unlikeOthers is the name of a rule, with a number where the carrier has used it for another one before.
func unlikeOthers(name string, rules []models.DocumentRule) string {
	numbered := name
	for n := 2; slices.ContainsFunc(rules, func(rule models.DocumentRule) bool { return rule.Name == numbered }); n++ {
		numbered = fmt.Sprintf("%s_%d", name, n)
	}
	return numbered
}

// addressSIDs is the field of a document that names addresses, by their SIDs. People are asked for the address
// itself.
const addressSIDs = "address_sids"

func (f askedFields) names() []string {
	names := appendNew(nil, f.Fields...)
	for _, detailed := range f.Detailed {
		names = appendNew(names, detailed.MachineName)
	}
	return names
}

// list is what people are asked.
func (f askedFields) list() []models.Field {
	var list []models.Field
	for _, name := range f.names() {
		if name == addressSIDs {
			continue
		}
		field := models.Field{Name: name, Label: labelled(name)}
		for _, detailed := range f.Detailed {
			if detailed.MachineName == name {
				field.Label, field.Help = detailed.FriendlyName, detailed.Description
				field.Choices, field.Pattern = constraint(detailed.Constraint)
			}
		}
		list = append(list, field)
	}
	return list
}

// labelled makes words of a machine's name.
func labelled(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// constraint reads what a value must be. The carrier describes the form of it nowhere: a word such as String, which
// says nothing, is what it shows; choices and patterns in the words of JSON Schema are understood, anything else is
// left to its review.
func constraint(raw json.RawMessage) (choices []string, pattern string) {
	var said struct {
		Enum    []string `json:"enum"`
		Pattern string   `json:"pattern"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return nil, ""
	}
	if _, err := regexp.Compile(said.Pattern); err != nil {
		said.Pattern = ""
	}
	return said.Enum, said.Pattern
}
