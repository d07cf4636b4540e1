package models

import "strings"

// numberStep asks which number is wanted.
func numberStep(country Country, t NumberType) FormStep {
	properties := []property{
		nameProperty(),
		must("country", constant("Country", "Where the number is: "+country.Name+".", country.Code)),
		must("type", constant("Type", "What kind of number it is.", t)),
		may("area_code", areaCode(country.Code)),
	}
	if t == NumberLocal {
		properties = append(properties, may("locality", written("Town", "Where the number should belong.", localityAtMost)))
	}
	properties = append(properties,
		may("contains", pattern("Digits", "Digits that the number should have, one after the other.", "^[0-9]{2,10}$")),
		may("details", written("Anything else", "What whoever looks for the number should know.", detailsAtMost)))
	return step("number", "The number", "What is left empty may be any.", properties...)
}

func nameProperty() property {
	return must("name", written("Name", "What the number is for, as in Support Berlin.", nameAtMost))
}

func areaCode(country string) map[string]any {
	if country == "US" || country == "CA" {
		return pattern("Area code", "Three digits, as in 415; of toll-free numbers as in 888.", "^[2-9][0-9]{2}$")
	}
	return pattern("Area code", "The digits that follow the country code, as in 20 for London.", "^[0-9]{1,6}$")
}

// otherStep asks in words.
func otherStep() FormStep {
	return step("number", "The number", "A person arranges it.",
		nameProperty(),
		must("country", constant("Country", "One that is not in the list.", OtherCountry)),
		must("details", written("What is wanted", "The country, the kind of number and what it is for, in your own words.", detailsAtMost)))
}

// contactStep asks who is told, and, when as many numbers are in use as are allotted, why there should be one more.
func contactStep(allotted bool) FormStep {
	properties := []property{must("email", described("E-mail", "Of whoever is told how it goes on.",
		map[string]any{"type": "string", "format": "email", "minLength": 3, "maxLength": emailAtMost}))}
	if allotted {
		properties = append(properties, must("exception",
			written("Why one more", "As many numbers as are allotted are in use. Say why there should be another.", exceptionAtMost)))
	}
	return step("contact", "Contact", "", properties...)
}

// endUserStep asks whom the number is for: first which kind, then what the country asks of that kind.
func endUserStep(kinds []EndUserType, kind EndUserType, regulation Regulation) FormStep {
	const id, title, help = "end_user", "Who it is for", "Whoever uses the number, not whoever orders it. The carrier checks it."
	what, asked := "Used by", "Whether a business or a person uses the number."
	if kind == "" {
		choices := make([]any, len(kinds))
		for i, k := range kinds {
			choices[i] = string(k)
		}
		return step(id, title, help, must("end_user", described(what, asked, map[string]any{"type": "string", "enum": choices})))
	}
	properties := []property{must("end_user", constant(what, asked, kind))}
	if len(regulation.Fields) > 0 {
		who := "The person"
		if kind == Business {
			who = "The business"
		}
		properties = append(properties, must("person", fieldsSchema(who, "Exactly as it is in the documents.", regulation.Fields)))
	}
	return step(id, title, help, properties...)
}

// addressStep asks for an address. Its help says where it must be.
func addressStep(country Country, need AddressNeed, regulation Regulation) FormStep {
	where := described("Country", "Its code after ISO 3166-1, as in DE.", map[string]any{"type": "string", "pattern": "^[A-Z]{2}$"})
	help := []string{"An address of whoever uses the number."}
	switch need {
	case AddressLocal:
		help = append(help, "It must be in the town or region of the number, in "+country.Name+".")
		where["const"] = country.Code
	case AddressForeign:
		help = append(help, "It must be outside "+country.Name+".")
		where["not"] = map[string]any{"const": country.Code}
	case AddressAny:
		help = append(help, "It may be anywhere, unless a document has to prove it.")
	}
	for _, rule := range regulation.Documents {
		if rule.addressAlone() && rule.Help != "" {
			help = append(help, rule.Help)
		}
	}
	text := strings.Join(help, " ")
	return step("address", "Address", text, must("address", described("Address", text, object(
		must("customer_name", written("Name", "Of the business or person at the address.", customerAtMost)),
		must("street", written("Street", "With the number of the house. A post box is none.", partAtMost)),
		must("city", written("Town", "As the post writes it.", partAtMost)),
		must("region", written("Region", "The state, province or county; where there is none, the town once more.", partAtMost)),
		must("postal_code", written("Postal code", "As the post writes it.", postalCodeAtMost)),
		must("country", where),
	))))
}
