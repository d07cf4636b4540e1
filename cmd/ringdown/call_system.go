package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// restClient reads the REST API of a running system.
type restClient struct {
	base string // without a slash at its end
	key  string
}

// newRESTClient finds the key: given, or kept in the data folder of `ringdown dev`.
func newRESTClient(base, key, folder string) (restClient, error) {
	c := restClient{base: strings.TrimSuffix(base, "/"), key: strings.TrimSpace(key)}
	if c.key != "" {
		return c, nil
	}
	path := filepath.Join(folder, "admin-key")
	text, err := os.ReadFile(path)
	c.key = strings.TrimSpace(string(text))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return c, fmt.Errorf("no admin key: `ringdown dev` keeps one in %s once it has started; start it with `make run`, name its folder with --data, or give a key with --key", path)
	case err != nil:
		return c, fmt.Errorf("read the admin key: %w", err)
	case c.key == "":
		return c, fmt.Errorf("%s is empty: start `ringdown dev` once more, or give a key with --key", path)
	}
	return c, nil
}

// restWithin is how long one request may take.
const restWithin = 10 * time.Second

// get reads one resource.
func (c restClient) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("--api %s: %w", c.base, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := inTurn(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return fmt.Errorf("no Ringdown answers at %s: start it with `make run` (%w)", c.base, unwrapURL(err))
	}
	defer func() { _ = res.Body.Close() }() // only read
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("the Ringdown at %s does not know this key: leave out --key and RINGDOWN_ADMIN_KEY to take the one in the data folder, or name its folder with --data", c.base)
	case res.StatusCode != http.StatusOK:
		var problem struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(res.Body).Decode(&problem) // the status alone says enough
		return fmt.Errorf("GET %s%s: %s", c.base, path, strings.TrimSpace(res.Status+" "+problem.Detail))
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("GET %s%s: %w; is it a Ringdown that answers there?", c.base, path, err)
	}
	return nil
}

// unwrapURL leaves out of an error the address, which is said already.
func unwrapURL(err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		return inURL.Err
	}
	return err
}

// getAll reads a list, page by page.
func getAll[T any](ctx context.Context, c restClient, path string, query url.Values) ([]T, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", "200")
	var all []T
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if err := c.get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// stage is a route with all that is around it: who calls it is put on this stage.
type stage struct {
	route models.Route // its defaults filled in
	plan  models.Plan
	users []models.User
}

// setStage reads the route of that name, or the first that can be called.
func (c restClient) setStage(ctx context.Context, name string) (stage, error) {
	var s stage
	routes, err := getAll[models.Route](ctx, c, "/v1/call-routes", nil)
	if err != nil {
		return s, err
	}
	if s.route, err = routeNamed(routes, name); err != nil {
		return s, err
	}
	if s.users, err = getAll[models.User](ctx, c, "/v1/users", nil); err != nil {
		return s, err
	}
	var number models.PhoneNumber
	if err := c.get(ctx, "/v1/phone-numbers/"+url.PathEscape(s.route.PhoneNumberID), &number); err != nil {
		return s, err
	}
	if number.Status != models.NumberActive {
		return s, fmt.Errorf("the number of the route %s is %s: give the route another", s.route.Name, number.Status)
	}
	var plan struct {
		Levels  []models.PlanLevel `json:"levels"`
		Skipped []models.Skipped   `json:"skipped"`
	}
	if err := c.get(ctx, "/v1/call-routes/"+url.PathEscape(s.route.ID)+"/plan", &plan); err != nil {
		return s, err
	}
	s.route = s.route.Defaults()
	s.plan = planOf(s.route, number.Number, plan.Levels)
	s.plan.Skipped = plan.Skipped
	return s, nil
}

// routeNamed finds a route by name or the beginning of its name, in any case of letters, or by
// id; without a name, the first enabled one that has a number.
func routeNamed(routes []models.Route, name string) (models.Route, error) {
	var exact, begun []models.Route
	for _, r := range routes {
		switch {
		case name == "" && (!r.Enabled || r.PhoneNumberID == ""):
		case strings.EqualFold(r.Name, name) || r.ID == name:
			exact = append(exact, r)
		case strings.HasPrefix(strings.ToLower(r.Name), strings.ToLower(name)):
			begun = append(begun, r)
		}
	}
	found := exact
	if len(found) == 0 {
		found = begun
	}
	switch {
	case len(routes) == 0:
		return models.Route{}, errors.New("there is no route to call: make one at /docs, or start `ringdown dev` with its demo in a new --data folder")
	case len(found) == 0 && name == "":
		return models.Route{}, fmt.Errorf("no route is enabled and has a number: there are %s", list(routeNames(routes)))
	case len(found) == 0:
		return models.Route{}, fmt.Errorf("no route is called %q: there are %s", name, list(routeNames(routes)))
	case len(found) > 1 && name != "":
		return models.Route{}, fmt.Errorf("%q may be %s: write more of the name", name, list(routeNames(found)))
	case found[0].PhoneNumberID == "":
		return models.Route{}, fmt.Errorf("the route %s has no number, so nobody can call it: give it one", found[0].Name)
	}
	return found[0], nil
}

func routeNames(routes []models.Route) []string {
	names := make([]string, len(routes))
	for i, r := range routes {
		names[i] = r.Name
	}
	return names
}

// record finds the record of a call to a route. found is false until there is one that has ended.
func (c restClient) record(ctx context.Context, routeID, callSID string, since time.Time) (call models.Call, found bool, err error) {
	calls, err := getAll[models.Call](ctx, c, "/v1/calls", url.Values{
		"route": {routeID}, "from": {since.UTC().Format(time.RFC3339)},
	})
	for _, call := range calls {
		if call.CarrierCallID == callSID && call.EndedAt != nil {
			return call, true, nil
		}
	}
	return models.Call{}, false, err
}
