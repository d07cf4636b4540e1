package api

import (
	"github.com/danielgtaylor/huma/v2"
)

// The schemas of types of models that OpenAPI cannot see into.
type (
	phoneSchema     string
	localTimeSchema string
	clockTimeSchema string
)

func (phoneSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "e164", Examples: []any{"+12025550123"},
		Description: "A phone number in E.164, empty where there is none",
	}
}

func (localTimeSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Examples: []any{"2026-03-02T09:00:00"},
		Description:        "A date and time on the wall, in the schedule's time zone",
		Pattern:            `^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$`,
		PatternDescription: "a local date and time, as in 2026-03-02T09:00:00",
	}
}

func (clockTimeSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Examples: []any{"09:00"},
		Description:        "A time of day; 24:00 is the end of the day",
		Pattern:            `^(([01]\d|2[0-3]):[0-5]\d|24:00)$`,
		PatternDescription: "a time of day, as in 09:00",
	}
}

// tidySchemas says what huma cannot know: lists are never null, and a problem never repeats a
// value, which may be a phone number.
func tidySchemas(doc *huma.OpenAPI) {
	for name, schema := range doc.Components.Schemas.Map() {
		if name == "ErrorDetail" {
			delete(schema.Properties, "value")
		}
		for _, property := range schema.Properties {
			for s := property; s != nil; s = s.Items {
				if s.Type == huma.TypeArray {
					s.Nullable = false
				}
				s.PatternDescription = "" // is in huma's message by now, and no word of OpenAPI's
			}
		}
	}
}

// withoutValues takes the values out of huma's own problems.
func withoutValues(_ huma.Context, _ string, body any) (any, error) {
	p, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	bare := *p
	bare.Type = "about:blank"
	bare.Errors = nil
	for _, e := range p.Errors {
		bare.Errors = append(bare.Errors, &huma.ErrorDetail{Location: e.Location, Message: e.Message})
	}
	return &bare, nil
}
