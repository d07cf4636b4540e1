package twilio

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const oneBundle = regulatory + "/Bundles/" + bundle1

func TestABundleIsMadeForItsRegulation(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, creating(plain(), made(bundle1, aName)))
	bundle := Bundle{Email: "numbers@ringdown.example", RegulationID: regulation1, StatusCallback: "https://ringdown.example/bundle"}
	if _, err := client.EnsureBundle(t.Context(), aName, bundle); err != nil {
		t.Fatal(err)
	}
	want := []asked{
		{http.MethodGet, regulatory + "/Bundles", map[string][]string{"FriendlyName": {aName}, "PageSize": {"100"}}, map[string][]string{}},
		{http.MethodPost, regulatory + "/Bundles", map[string][]string{}, map[string][]string{
			"FriendlyName": {aName}, "Email": {"numbers@ringdown.example"}, "RegulationSid": {regulation1},
			"StatusCallback": {"https://ringdown.example/bundle"},
		}},
	}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

// shelf is the part of the carrier that holds what is in a bundle.
type shelf struct {
	objects []string
	loses   string // the answer to this one's assignment is lost
}

func (s *shelf) answer(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
	if r.Method == http.MethodPost {
		_ = r.ParseForm()
		object := r.PostForm.Get("ObjectSid")
		s.objects = append(s.objects, object)
		if s.loses == object {
			lose(w)
			return
		}
		c.says(w, r, http.StatusCreated, item(object))
		return
	}
	items := []string{}
	for _, object := range s.objects {
		items = append(items, item(object))
	}
	c.says(w, r, http.StatusOK, plain(items...))
}

func item(object string) string {
	return `{"sid": "BV` + object[2:] + `", "bundle_sid": "` + bundle1 + `", "object_sid": "` + object + `"}`
}

func TestAssignAddsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := shelf{objects: []string{endUser1}}
	client, carrier := newCarrier(t, s.answer)
	for range 2 {
		if err := client.Assign(t.Context(), bundle1, []string{endUser1, document1, document1}); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(s.objects, []string{endUser1, document1}) {
		t.Errorf("in the bundle: %v", s.objects)
	}
	if got := carrier.got(); len(got) != 3 || got[1].Path != oneBundle+"/ItemAssignments" {
		t.Errorf("asked %v", got)
	}
}

func TestAnAssignmentWhoseAnswerIsLostIsFoundByTheNextRun(t *testing.T) {
	t.Parallel()
	s := shelf{loses: endUser1}
	client, _ := newCarrier(t, s.answer)
	if err := client.Assign(t.Context(), bundle1, []string{endUser1, document1}); ClassOf(err) != Unknown {
		t.Errorf("Assign = %v", err)
	}
	if err := client.Assign(t.Context(), bundle1, []string{endUser1, document1}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(s.objects, []string{endUser1, document1}) {
		t.Errorf("in the bundle: %v", s.objects)
	}
}

func TestOnlyPaperworkGoesIntoABundle(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
	var invalid *models.InvalidError
	for _, object := range []string{"", address1, number1, endUser1 + "/.."} {
		if err := client.Assign(t.Context(), bundle1, []string{object}); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", object, err)
		}
	}
	for _, sid := range []string{"", endUser1, bundle1 + "/.."} {
		_, status := client.BundleStatus(t.Context(), sid)
		_, faults := client.BundleFaults(t.Context(), sid, nil)
		_, evaluation := client.Evaluate(t.Context(), sid)
		for _, err := range []error{status, faults, evaluation, client.Submit(t.Context(), sid), client.Assign(t.Context(), sid, nil)} {
			if !errors.As(err, &invalid) {
				t.Errorf("%q: %v", sid, err)
			}
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}
