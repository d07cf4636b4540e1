package simulator

import (
	"net/http"
	"slices"
)

// evaluationResource is an evaluation as REST shows it.
type evaluationResource struct {
	AccountSID    string    `json:"account_sid"`
	BundleSID     string    `json:"bundle_sid"`
	DateCreated   string    `json:"date_created"`
	RegulationSID string    `json:"regulation_sid"`
	Results       []finding `json:"results"`
	SID           string    `json:"sid"`
	Status        string    `json:"status"`
	URL           string    `json:"url"`
}

func (e evaluation) resource(c *Carrier, r *http.Request, b *bundle) evaluationResource {
	res := evaluationResource{
		AccountSID: c.cfg.AccountSID, BundleSID: b.sid, DateCreated: e.created.UTC().Format(iso8601),
		RegulationSID: b.regulation.sid(), Results: e.findings, SID: e.sid, Status: "noncompliant",
		URL: hostOf(r) + bundleList + "/" + b.sid + "/Evaluations/" + e.sid,
	}
	if e.compliant {
		res.Status = "compliant"
	}
	return res
}

// evaluateLocked checks the bundle as it is now.
func (c *Carrier) evaluateLocked(r *http.Request, b *bundle) (int, any, error) {
	if b.regulation == nil {
		return 0, nil, unregulated()
	}
	e := c.office.evaluate(b)
	b.evaluations = append(b.evaluations, e)
	return http.StatusCreated, e.resource(c, r, b), nil
}

func unregulated() error { return fault(400, 20001, "The bundle has no regulation.") }

func (c *Carrier) listEvaluationsLocked(r *http.Request, b *bundle) (int, any, error) {
	all := []evaluationResource{}
	for _, e := range slices.Backward(b.evaluations) {
		all = append(all, e.resource(c, r, b))
	}
	return listed(r, "results", all)
}

func (c *Carrier) getEvaluationLocked(r *http.Request, b *bundle) (int, any, error) {
	i := slices.IndexFunc(b.evaluations, func(e evaluation) bool { return e.sid == r.PathValue("item") })
	if i < 0 {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, b.evaluations[i].resource(c, r, b), nil
}
