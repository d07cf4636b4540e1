package simulator

import (
	"net/http"
	"slices"
	"time"
)

// assignmentResource is a paper's place in a bundle as REST shows it.
type assignmentResource struct {
	AccountSID  string `json:"account_sid"`
	BundleSID   string `json:"bundle_sid"`
	DateCreated string `json:"date_created"`
	ObjectSID   string `json:"object_sid"`
	SID         string `json:"sid"`
	URL         string `json:"url"`
}

func (a assignment) resource(c *Carrier, r *http.Request, b *bundle) assignmentResource {
	return assignmentResource{
		AccountSID: c.cfg.AccountSID, BundleSID: b.sid, DateCreated: a.created.UTC().Format(iso8601), ObjectSID: a.object,
		SID: a.sid, URL: hostOf(r) + bundleList + "/" + b.sid + "/ItemAssignments/" + a.sid,
	}
}

// assignLocked puts a paper into a bundle. Doing it twice is an error, so that nothing is in it twice.
func (c *Carrier) assignLocked(r *http.Request, b *bundle) (int, any, error) {
	object := r.PostForm.Get("ObjectSid")
	switch {
	case object == "":
		return 0, nil, missing("ObjectSid")
	case b.locked():
		return 0, nil, uneditable(b)
	case c.office.paper(object) == nil:
		return 0, nil, fault(400, 22205, "Attempting to assign invalid object_sid to Bundle")
	case slices.ContainsFunc(b.assignments, func(a assignment) bool { return a.object == object }):
		return 0, nil, fault(400, 22205, "The object_sid is assigned to the Bundle already")
	}
	a := assignment{sid: newSID("BV"), object: object, created: time.Now()}
	b.assignments, b.updated = append(b.assignments, a), time.Now()
	c.office.note(LedgerCreated, LedgerAssignment, a.sid, b.name)
	return http.StatusCreated, a.resource(c, r, b), nil
}

func (c *Carrier) listAssignmentsLocked(r *http.Request, b *bundle) (int, any, error) {
	all := []assignmentResource{}
	for _, a := range slices.Backward(b.assignments) {
		all = append(all, a.resource(c, r, b))
	}
	return listed(r, "results", all)
}

func (c *Carrier) getAssignmentLocked(r *http.Request, b *bundle) (int, any, error) {
	i := slices.IndexFunc(b.assignments, func(a assignment) bool { return a.sid == r.PathValue("item") })
	if i < 0 {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, b.assignments[i].resource(c, r, b), nil
}

// unassignLocked takes a paper out of a bundle; the paper stays.
func (c *Carrier) unassignLocked(r *http.Request, b *bundle) (int, any, error) {
	named := func(a assignment) bool { return a.sid == r.PathValue("item") }
	switch {
	case !slices.ContainsFunc(b.assignments, named):
		return 0, nil, notFound(r)
	case b.locked():
		return 0, nil, uneditable(b)
	}
	c.office.unassign(b, named)
	b.updated = time.Now()
	return http.StatusNoContent, nil, nil
}
