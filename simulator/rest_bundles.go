package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const bundleList = compliance + "/Bundles"

// bundleOperations are those of bundles, what is in them and what is said of them.
func (c *Carrier) bundleOperations() []operation {
	const one = bundleList + "/{sid}"
	return []operation{
		{"CreateBundle", "POST " + bundleList, c.createBundle},
		{"ListBundle", "GET " + bundleList, c.listBundles},
		{"FetchBundle", "GET " + one, c.onBundle(c.getBundleLocked)},
		{"UpdateBundle", "POST " + one, c.onBundle(c.updateBundleLocked)},
		{"DeleteBundle", "DELETE " + one, c.onBundle(c.deleteBundleLocked)},
		{"CreateItemAssignment", "POST " + one + "/ItemAssignments", c.onBundle(c.assignLocked)},
		{"ListItemAssignment", "GET " + one + "/ItemAssignments", c.onBundle(c.listAssignmentsLocked)},
		{"FetchItemAssignment", "GET " + one + "/ItemAssignments/{item}", c.onBundle(c.getAssignmentLocked)},
		{"DeleteItemAssignment", "DELETE " + one + "/ItemAssignments/{item}", c.onBundle(c.unassignLocked)},
		{"CreateEvaluation", "POST " + one + "/Evaluations", c.onBundle(c.evaluateLocked)},
		{"ListEvaluation", "GET " + one + "/Evaluations", c.onBundle(c.listEvaluationsLocked)},
		{"FetchEvaluation", "GET " + one + "/Evaluations/{item}", c.onBundle(c.getEvaluationLocked)},
	}
}

// onBundle is an answer about the bundle that the path names. do needs Carrier.mu.
func (c *Carrier) onBundle(do func(*http.Request, *bundle) (int, any, error)) answer {
	return func(r *http.Request) (int, any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		b := c.office.bundle(r.PathValue("sid"))
		if b == nil {
			return 0, nil, notFound(r)
		}
		return do(r, b)
	}
}

func (c *Carrier) createBundle(r *http.Request) (int, any, error) {
	f := r.PostForm
	for _, name := range []string{"FriendlyName", "Email"} {
		if f.Get(name) == "" {
			return 0, nil, missing(name)
		}
	}
	b := &bundle{sid: newSID("BU"), status: BundleDraft, created: time.Now()}
	var err error
	if b.regulation, err = regulationFrom(f); err != nil {
		return 0, nil, err
	}
	if b.test, _, err = flag(f, "IsTest"); err != nil {
		return 0, nil, err
	}
	if err := b.change(f); err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office.bundles = append(c.office.bundles, b)
	c.office.note(LedgerCreated, LedgerBundle, b.sid, b.name)
	return http.StatusCreated, b.resource(c, r), nil
}

// regulationFrom finds the regulation that a new bundle is for: by its SID, or by country, number type and end user.
func regulationFrom(f url.Values) (*regulation, error) {
	sid, iso, kind, who := f.Get("RegulationSid"), f.Get("IsoCountry"), f.Get("NumberType"), f.Get("EndUserType")
	var g *regulation
	switch {
	case sid != "":
		g = regulationBySID(sid)
	case iso == "" && kind == "" && who == "":
		return nil, nil
	default:
		g = regulationWhere(func(g *regulation) bool {
			return g.iso == strings.ToUpper(iso) && g.kind.bundle == kind && g.endUser == who
		})
	}
	if g == nil {
		return nil, fault(400, 20001, "There is no regulation for this bundle.")
	}
	return g, nil
}

// change sets what a form gives.
func (b *bundle) change(f url.Values) error {
	for name, field := range map[string]*string{"FriendlyName": &b.name, "Email": &b.email, "StatusCallback": &b.callback} {
		if !f.Has(name) {
			continue
		}
		*field = f.Get(name)
		switch {
		case *field == "" && name != "StatusCallback":
			return missing(name)
		case name == "StatusCallback" && *field != "" && !validURL(*field):
			return fault(400, 20001, "StatusCallback is not a valid URL")
		case name == "Email" && !strings.Contains(*field, "@"):
			return fault(400, 20001, "Email is not an e-mail address")
		}
	}
	b.updated = time.Now()
	return nil
}

func (c *Carrier) listBundles(r *http.Request) (int, any, error) {
	q := r.URL.Query()
	if s := q.Get("Status"); s != "" && !slices.Contains(bundleStates, s) {
		return 0, nil, fault(400, 22203, "Unable to parse bundle status")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []*bundle{}
	for _, b := range slices.Backward(c.office.bundles) {
		if b.fits(q) {
			found = append(found, b)
		}
	}
	if q.Get("SortBy") == "date-updated" {
		slices.SortStableFunc(found, func(a, b *bundle) int { return a.updated.Compare(b.updated) })
		if q.Get("SortDirection") != "ASC" {
			slices.Reverse(found)
		}
	}
	all := []bundleResource{}
	for _, b := range found {
		all = append(all, b.resource(c, r))
	}
	return listed(r, "results", all)
}

// fits reports whether the bundle is what a list is filtered by. No bundle is valid until a date.
func (b *bundle) fits(q url.Values) bool {
	g := b.regulation
	if g == nil {
		g = &regulation{kind: &numberType{}}
	}
	for filter, value := range map[string]string{
		"Status": b.status, "FriendlyName": b.name, "IsoCountry": g.iso, "NumberType": g.kind.bundle, "EndUserType": g.endUser,
	} {
		if q.Get(filter) != "" && q.Get(filter) != value {
			return false
		}
	}
	if sid := q.Get("RegulationSid"); sid != "" && (b.regulation == nil || sid != g.sid()) {
		return false
	}
	if sids := q.Get("BundleSids"); sids != "" && !slices.Contains(strings.Split(sids, ","), b.sid) {
		return false
	}
	return q.Get("HasValidUntilDate") != "true"
}

func (c *Carrier) getBundleLocked(r *http.Request, b *bundle) (int, any, error) {
	return http.StatusOK, b.resource(c, r), nil
}

// updateBundleLocked changes what a bundle says, or hands it in, or takes a refused one back. One request does one of them.
func (c *Carrier) updateBundleLocked(r *http.Request, b *bundle) (int, any, error) {
	f := r.PostForm
	status := f.Get("Status")
	switch {
	case status != "" && !slices.Contains(bundleStates, status):
		return 0, nil, fault(400, 22203, "Unable to parse bundle status")
	case status != "" && (f.Has("FriendlyName") || f.Has("Email") || f.Has("StatusCallback")):
		return 0, nil, fault(400, 22204, "Bundle status and properties cannot be updated in the same request")
	case b.locked():
		return 0, nil, uneditable(b)
	case status == BundlePending:
		if err := c.submitLocked(b); err != nil {
			return 0, nil, err
		}
	case status == BundleDraft:
		if b.status != BundleDraft {
			c.moveLocked(b, BundleDraft, "")
		}
	case status != "":
		return 0, nil, fault(400, 20001, "Status can be set to draft and pending-review only.")
	default:
		changed := *b
		if err := changed.change(f); err != nil {
			return 0, nil, err
		}
		b.name, b.email, b.callback, b.updated = changed.name, changed.email, changed.callback, changed.updated
	}
	return http.StatusOK, b.resource(c, r), nil
}

func uneditable(b *bundle) error {
	return fault(400, 20001, "A bundle that is "+b.status+" cannot be edited.")
}

// deleteBundleLocked deletes a bundle, unless it is under review or numbers depend on it.
func (c *Carrier) deleteBundleLocked(_ *http.Request, b *bundle) (int, any, error) {
	if b.underReview() {
		return 0, nil, fault(400, 21647, "The bundle is not eligible for deletion while it is "+b.status+".")
	}
	for _, n := range c.numbers {
		if n.BundleSID == b.sid {
			return 0, nil, fault(400, 21648, "Regulatory Bundle cannot be deleted due to active number assignment")
		}
	}
	c.office.unassign(b, func(assignment) bool { return true })
	c.office.bundles = slices.DeleteFunc(c.office.bundles, func(other *bundle) bool { return other == b })
	c.office.note(LedgerDeleted, LedgerBundle, b.sid, b.name)
	return http.StatusNoContent, nil, nil
}
