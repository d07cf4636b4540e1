package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// What an end user is.
const (
	individual = "individual"
	business   = "business"
)

// regulation is what a country asks of one sort of end user who wants numbers of a type.
type regulation struct {
	iso     string
	kind    *numberType
	endUser string   // individual or business
	fields  []string // that the end user must have
	proofs  []proof
}

// proof is something to be shown by any one of some documents.
type proof struct {
	requirement, name, description string
	accepted                       []accepted
	domestic                       bool // addresses must be in the country
}

// accepted is a document that will do, with what must be said of it.
type accepted struct {
	kind, name string
	fields     []string
}

// The names of documents and end users are those of Twilio.
const (
	docAddress  = "address"
	docRegister = "commercial_registrar_excerpt"
	docID       = "government_issued_document"
	docPassport = "passport"
	docUtility  = "utility_bill"
)

var (
	personFields  = []string{"first_name", "last_name"}
	companyFields = []string{"business_name", "business_registration_number"}

	// namedAddress is the address alone, without a document that proves it.
	namedAddress = []accepted{{docAddress, "Address Validation", []string{"address_sids"}}}

	addressAnywhere = proof{
		requirement: "proof_of_address", name: "Address", accepted: namedAddress,
		description: "The physical location of the individual or business; a PO Box is not acceptable.",
	}
	addressInCountry = proof{
		requirement: "proof_of_address", name: "Address", accepted: namedAddress, domestic: true,
		description: "The physical location of the individual or business, within the country and the area of the number; a PO Box is not acceptable.",
	}
	nameByID = proof{
		requirement: "name_info", name: "Name", description: "Proof of the individual's name.",
		accepted: []accepted{{docID, "Government-issued ID", personFields}, {docPassport, "Passport", personFields}},
	}
	nameByRegister = proof{
		requirement: "business_name_info", name: "Business Name", description: "Proof of the business's name.",
		accepted: []accepted{{docRegister, "Excerpt from the commercial register", []string{"business_name"}}},
	}
	nameByKbis = proof{
		requirement: "business_name_info", name: "Business Name", description: "Proof of the business's name.",
		accepted: []accepted{{docRegister, "Excerpt from the commercial register (Extrait K-bis)", []string{"business_name"}}},
	}
)

// regulations are all there are. A country and type without one asks for no bundle.
var regulations = []regulation{
	{"AU", typeLocal, individual, personFields, []proof{addressAnywhere}},
	{"AU", typeLocal, business, []string{"business_name"}, []proof{addressAnywhere}},
	{"DE", typeLocal, individual, personFields, []proof{nameByID, addressInCountry}},
	{"DE", typeLocal, business, slices.Concat(companyFields, personFields), []proof{nameByRegister, addressInCountry}},
	{"FR", typeLocal, business, companyFields, []proof{nameByKbis, addressInCountry}},
	{"GB", typeLocal, individual, personFields, []proof{addressAnywhere}},
	{"GB", typeLocal, business, []string{"business_name"}, []proof{addressAnywhere}},
	{"GB", typeMobile, individual, personFields, []proof{addressAnywhere}},
}

// sid is the same in every run.
func (g *regulation) sid() string {
	return "RN" + fixed(g.iso+" "+g.kind.bundle+" "+g.endUser)
}

// fixed makes 32 hexadecimal digits of a name.
func fixed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

func regulationBySID(sid string) *regulation {
	return regulationWhere(func(g *regulation) bool { return g.sid() == sid })
}

func regulationWhere(ok func(*regulation) bool) *regulation {
	for i := range regulations {
		if ok(&regulations[i]) {
			return &regulations[i]
		}
	}
	return nil
}

// regulated reports whether numbers of a type are sold with a bundle only.
func regulated(iso string, t *numberType) bool {
	return regulationWhere(func(g *regulation) bool { return g.iso == iso && g.kind == t }) != nil
}

// fieldNames are Twilio's names of fields for people.
var fieldNames = map[string]string{
	"first_name": "First Name", "last_name": "Last Name", "business_name": "Business Name",
	"business_registration_number": "Business Registration Number", "address_sids": "Address sid(s)",
	"document_number": "Document Number",
}

// paperType is a type of end user or document.
type paperType struct {
	kind, name string
	fields     []string
	file       bool // a picture of it is asked for
}

var endUserTypes = []paperType{
	{individual, "Individual", personFields, false},
	{business, "Business", slices.Concat(companyFields, personFields), false},
}

var documentTypes = []paperType{
	{docAddress, "Address Validation", []string{"address_sids"}, false},
	{docRegister, "Excerpt from the commercial register", []string{"business_name", "document_number", "address_sids"}, true},
	{docID, "Government-issued ID", slices.Concat(personFields, []string{"document_number"}), true},
	{docPassport, "Passport", slices.Concat(personFields, []string{"document_number"}), true},
	{docUtility, "Utility bill", []string{"address_sids"}, true},
}

func paperTypeOf(types []paperType, kind string) *paperType {
	i := slices.IndexFunc(types, func(t paperType) bool { return t.kind == kind })
	if i < 0 {
		return nil
	}
	return &types[i]
}

// sid is the same in every run.
func (t *paperType) sid() string { return "OY" + fixed(t.kind) }
