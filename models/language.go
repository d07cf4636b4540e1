package models

// Language is a language that has every prompt built in.
type Language struct {
	Code  string `json:"code"` // BCP 47, as in en-GB
	Name  string `json:"name"`
	Voice string `json:"voice"` // the carrier's voice that was tested with it
}

// Languages are the languages with built-in prompts; the first is the default. Each has its
// phrases in api/twiml/phrases.
var Languages = []Language{
	{"en-GB", "English (United Kingdom)", "Polly.Amy-Neural"},
	{"en-US", "English (United States)", "Polly.Joanna-Neural"},
	{"de-DE", "Deutsch (Deutschland)", "Polly.Vicki-Neural"},
}

// DefaultLanguage is spoken where no route says otherwise.
const DefaultLanguage = "en-GB"

// LanguageByCode finds a language with built-in prompts.
func LanguageByCode(code string) (Language, bool) {
	for _, l := range Languages {
		if l.Code == code {
			return l, true
		}
	}
	return Language{}, false
}
