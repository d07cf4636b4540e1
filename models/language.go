package models

import "slices"

// Language is a language in which the carrier can speak.
type Language struct {
	Code     string `json:"code"`     // the carrier's, as in en-GB; most are BCP 47
	Name     string `json:"name"`     // in the language itself
	Voice    string `json:"voice"`    // the carrier's voice that goes with our prompts; empty without them
	Complete bool   `json:"complete"` // every prompt is built in; otherwise a route brings a voice and all phrases
}

// Languages are the languages with built-in prompts; the first is the default. Each has its
// phrases in api/twiml/phrases.
var Languages = []Language{
	{"en-GB", "English (United Kingdom)", "Polly.Amy-Neural", true},
	{"en-US", "English (United States)", "Polly.Joanna-Neural", true},
	{"de-DE", "Deutsch (Deutschland)", "Polly.Vicki-Neural", true},
	{"fr-FR", "Français (France)", "Polly.Lea-Neural", true},
	{"es-ES", "Español (España)", "Polly.Lucia-Neural", true},
	{"nl-NL", "Nederlands (Nederland)", "Polly.Laura-Neural", true},
	{"pt-BR", "Português (Brasil)", "Polly.Camila-Neural", true},
	{"pt-PT", "Português (Portugal)", "Polly.Ines-Neural", true},
	{"it-IT", "Italiano (Italia)", "Polly.Bianca-Neural", true},
	{"pl-PL", "Polski (Polska)", "Polly.Ola-Neural", true},
	{"sv-SE", "Svenska (Sverige)", "Polly.Elin-Neural", true},
	{"da-DK", "Dansk (Danmark)", "Polly.Sofie-Neural", true},
	{"nb-NO", "Norsk bokmål (Norge)", "Polly.Ida-Neural", true},
	{"fi-FI", "Suomi (Suomi)", "Polly.Suvi-Neural", true},
	{"ja-JP", "日本語 (日本)", "Polly.Kazuha-Neural", true},
}

// CarrierLanguages are all that the carrier speaks: those with built-in prompts, then the others.
var CarrierLanguages = slices.Concat(Languages, otherLanguages)

// otherLanguages have no prompts of ours. A voice of one language garbles another, so they have no
// voice of ours either.
var otherLanguages = []Language{
	{Code: "af-ZA", Name: "Afrikaans (Suid-Afrika)"},
	{Code: "am-ET", Name: "አማርኛ (ኢትዮጵያ)"},
	{Code: "ar-AE", Name: "العربية (الإمارات العربية المتحدة)"},
	{Code: "ar-XA", Name: "العربية"},
	{Code: "arb", Name: "العربية الفصحى"},
	{Code: "bg-BG", Name: "Български (България)"},
	{Code: "bn-IN", Name: "বাংলা (ভারত)"},
	{Code: "ca-ES", Name: "Català (Espanya)"},
	{Code: "cmn-CN", Name: "普通话 (中国)"},
	{Code: "cmn-TW", Name: "國語 (台灣)"},
	{Code: "cs-CZ", Name: "Čeština (Česko)"},
	{Code: "cy-GB", Name: "Cymraeg (Y Deyrnas Unedig)"},
	{Code: "de-AT", Name: "Deutsch (Österreich)"},
	{Code: "el-GR", Name: "Ελληνικά (Ελλάδα)"},
	{Code: "en-AU", Name: "English (Australia)"},
	{Code: "en-CA", Name: "English (Canada)"},
	{Code: "en-GB-WLS", Name: "English (Wales)"},
	{Code: "en-IE", Name: "English (Ireland)"},
	{Code: "en-IN", Name: "English (India)"},
	{Code: "en-NZ", Name: "English (New Zealand)"},
	{Code: "en-ZA", Name: "English (South Africa)"},
	{Code: "es-MX", Name: "Español (México)"},
	{Code: "es-US", Name: "Español (Estados Unidos)"},
	{Code: "fil-PH", Name: "Filipino (Pilipinas)"},
	{Code: "fr-BE", Name: "Français (Belgique)"},
	{Code: "fr-CA", Name: "Français (Canada)"},
	{Code: "gu-IN", Name: "ગુજરાતી (ભારત)"},
	{Code: "he-IL", Name: "עברית (ישראל)"},
	{Code: "hi-IN", Name: "हिन्दी (भारत)"},
	{Code: "hu-HU", Name: "Magyar (Magyarország)"},
	{Code: "id-ID", Name: "Bahasa Indonesia (Indonesia)"},
	{Code: "is-IS", Name: "Íslenska (Ísland)"},
	{Code: "kn-IN", Name: "ಕನ್ನಡ (ಭಾರತ)"},
	{Code: "ko-KR", Name: "한국어 (대한민국)"},
	{Code: "lv-LV", Name: "Latviešu (Latvija)"},
	{Code: "ml-IN", Name: "മലയാളം (ഇന്ത്യ)"},
	{Code: "mr-IN", Name: "मराठी (भारत)"},
	{Code: "ms-MY", Name: "Bahasa Melayu (Malaysia)"},
	{Code: "nl-BE", Name: "Nederlands (België)"},
	{Code: "pa-IN", Name: "ਪੰਜਾਬੀ (ਭਾਰਤ)"},
	{Code: "ro-RO", Name: "Română (România)"},
	{Code: "ru-RU", Name: "Русский (Россия)"},
	{Code: "sk-SK", Name: "Slovenčina (Slovensko)"},
	{Code: "sr-RS", Name: "Српски (Србија)"},
	{Code: "ta-IN", Name: "தமிழ் (இந்தியா)"},
	{Code: "te-IN", Name: "తెలుగు (భారతదేశం)"},
	{Code: "th-TH", Name: "ไทย (ประเทศไทย)"},
	{Code: "tr-TR", Name: "Türkçe (Türkiye)"},
	{Code: "uk-UA", Name: "Українська (Україна)"},
	{Code: "vi-VN", Name: "Tiếng Việt (Việt Nam)"},
	{Code: "yue-HK", Name: "粵語 (香港)"},
	{Code: "zh-CN", Name: "中文 (中国)"},
	{Code: "zh-HK", Name: "中文 (香港)"},
	{Code: "zh-TW", Name: "中文 (台灣)"},
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

// CarrierSpeaks says whether the carrier speaks a language, with or without prompts of ours.
func CarrierSpeaks(code string) bool {
	return slices.ContainsFunc(CarrierLanguages, func(l Language) bool { return l.Code == code })
}

// PhraseForm is a phrase with its placeholders, which each language places as it needs.
type PhraseForm struct {
	Phrase       Phrase
	Placeholders []string // as they are written in the sentence, as in {key}; each occurs once
}

// Phrases are all the sentences there are. A language with built-in prompts has each of them.
var Phrases = []PhraseForm{
	{Phrase: PhraseRefused},
	{Phrase: PhraseUnverified},
	{Phrase: PhraseGoodbye},
	{Phrase: PhraseNobody},
	{Phrase: PhraseNoService},
	{Phrase: PhraseTaken},
	{Phrase: PhraseGone},
	{Phrase: PhrasePassed},
	{Phrase: PhraseDeclined},
	{Phrase: PhraseOver},
	{Phrase: PhraseOtherLeft},
	{Phrase: PhraseCallerLeft},
	{Phrase: PhraseVoicemail},
	{Phrase: PhraseVoicemailThanks},
	{Phrase: PhraseVoicemailEmpty},
	{Phrase: PhraseForwarding},
	{Phrase: PhraseForwardFailed},
	{Phrase: "greeting"},
	{Phrase: "press_key", Placeholders: []string{"{key}"}},
	{Phrase: "wrong_key"},
	{Phrase: "hold"},
	{Phrase: "screen", Placeholders: []string{"{route}", "{caller}", "{key}", "{decline}"}},
	{Phrase: "screen_withheld", Placeholders: []string{"{route}", "{key}", "{decline}"}},
	{Phrase: "wrong_key_responder"},
	{Phrase: "connecting"},
	{Phrase: "one_moment"},
	{Phrase: "diverting"},
	{Phrase: "divert_failed"},
	{Phrase: "plus"},
}
