package twilio

import (
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestDropDeletesByTheKindOfTheSID(t *testing.T) {
	t.Parallel()
	for sid, path := range map[string]string{
		address1:  "/2010-04-01/Accounts/" + account + "/Addresses/" + address1 + ".json",
		number1:   oneNumber,
		bundle1:   oneBundle,
		document1: regulatory + "/SupportingDocuments/" + document1,
		endUser1:  regulatory + "/EndUsers/" + endUser1,
	} {
		for name, c := range map[string]struct {
			status int
			body   string
			want   Class
		}{
			"it is there":        {http.StatusNoContent, "", ""},
			"it is gone":         {http.StatusNotFound, refusal(404, 20404), ""},
			"a stranger":         {http.StatusNotFound, "<html>", Refused},
			"others need it":     {http.StatusBadRequest, refusal(400, 21644), Refused},
			"too many requests":  {http.StatusTooManyRequests, refusal(429, 20429), Busy},
			"it broke":           {http.StatusInternalServerError, "", Unknown},
			"the wrong password": {http.StatusUnauthorized, refusal(401, 20003), Credentials},
		} {
			t.Run(sid[:2]+" "+name, func(t *testing.T) {
				t.Parallel()
				client, carrier := newCarrier(t, always(c.status, "", c.body))
				if err := client.Drop(t.Context(), sid); ClassOf(err) != c.want || (err == nil) != (c.want == "") {
					t.Errorf("Drop = %v", err)
				}
				want := []asked{{http.MethodDelete, path, map[string][]string{}, map[string][]string{}}}
				if got := carrier.got(); !reflect.DeepEqual(got, want) {
					t.Errorf("asked %v\n want %v", got, want)
				}
			})
		}
	}
}

func TestADropWhoseAnswerIsLostIsDoneByTheNextRun(t *testing.T) {
	t.Parallel()
	for _, sid := range []string{address1, number1, bundle1, document1, endUser1} {
		client, _ := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
			if nth == 1 {
				lose(w)
				return
			}
			always(http.StatusNotFound, "", refusal(404, 20404))(c, w, r, nth)
		})
		if err := client.Drop(t.Context(), sid); ClassOf(err) != Unknown {
			t.Errorf("Drop %s = %v", sid, err)
		}
		if err := client.Drop(t.Context(), sid); err != nil {
			t.Errorf("Drop %s = %v", sid, err)
		}
	}
}

func TestOnlyWhatWasMadeIsDropped(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusNoContent, "", ""))
	for _, sid := range []string{"", account, leg1, regulation1, bundle1 + "/..", "BU1"} {
		var invalid *models.InvalidError
		if err := client.Drop(t.Context(), sid); !errors.As(err, &invalid) {
			t.Errorf("Drop %q = %v", sid, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}
