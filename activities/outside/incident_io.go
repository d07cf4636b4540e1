package outside

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
)

func incidentIOHeaders(key string) http.Header {
	return http.Header{"Authorization": {"Bearer " + key}, "Accept": {"application/json"}}
}

func checkIncidentIO(ctx context.Context, ask asking, reference string) error {
	var answer struct{}
	return ask(ctx, "/v2/schedules/"+url.PathEscape(reference), nil, &answer)
}

// incidentIOPage is one page of a schedule's entries, as far as they are needed.
type incidentIOPage struct {
	Entries *struct {
		Final []incidentIOEntry `json:"final"` // overrides are worked in
	} `json:"schedule_entries"`
	Meta struct {
		After string `json:"after"`
	} `json:"pagination_meta"`
}

type incidentIOEntry struct {
	From     time.Time `json:"start_at"`
	To       time.Time `json:"end_at"`
	Rotation string    `json:"rotation_id"`
	Layer    string    `json:"layer_id"` // a seat of the rotation
	User     *struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"user"` // nil: nobody
}

// incidentIOShifts reads page after page: the mark of the next one is the beginning of its window.
func incidentIOShifts(ctx context.Context, ask asking, reference string, within models.Stretch) ([]models.OutsideShift, error) {
	query := url.Values{
		"schedule_id": {reference}, "entry_window_start": {within.From.Format(time.RFC3339)}, "entry_window_end": {within.To.Format(time.RFC3339)},
	}
	var shifts []models.OutsideShift
	layers := map[string][]string{} // of each rotation, in the order in which they appear
	for range mostPages {
		var page incidentIOPage
		if err := ask(ctx, "/v2/schedule_entries", query, &page); err != nil {
			return nil, err
		}
		if page.Entries == nil {
			return nil, &Error{Provider: models.IncidentIO, What: "gave an answer without entries", Class: Away}
		}
		for _, e := range page.Entries.Final {
			if !slices.Contains(layers[e.Rotation], e.Layer) {
				layers[e.Rotation] = append(layers[e.Rotation], e.Layer)
			}
			shift := models.OutsideShift{From: e.From, To: e.To, Rotation: oneLine(e.Rotation), Seat: slices.Index(layers[e.Rotation], e.Layer)}
			if e.User != nil {
				shift.ID, shift.Name, shift.Email = oneLine(e.User.ID), oneLine(e.User.Name), oneLine(e.User.Email)
				shifts = append(shifts, shift)
			}
		}
		if page.Meta.After == "" {
			return shifts, nil
		}
		query.Set("entry_window_start", page.Meta.After)
	}
	return nil, &Error{Provider: models.IncidentIO, What: "has more pages than any schedule needs", Class: Away}
}
