package simulator

import (
	"net/http"
	"time"
)

// BundleView is a bundle as the control API shows it, with why it was refused.
type BundleView struct {
	SID           string      `json:"sid"`
	FriendlyName  string      `json:"friendly_name"`
	Country       string      `json:"country,omitempty"`
	NumberType    string      `json:"number_type,omitempty"` // local, mobile, toll-free, national
	EndUserType   string      `json:"end_user_type,omitempty"`
	Status        string      `json:"status"`
	FailureReason string      `json:"failure_reason,omitempty"`
	Papers        []PaperView `json:"papers"`
	Created       time.Time   `json:"created"`
	Updated       time.Time   `json:"updated"`
}

// PaperView is an end user or a document in a bundle.
type PaperView struct {
	SID          string `json:"sid"`
	FriendlyName string `json:"friendly_name"`
	Type         string `json:"type"`
	Status       string `json:"status,omitempty"`    // of a document
	MimeType     string `json:"mime_type,omitempty"` // of its file
	Size         int64  `json:"size,omitempty"`      // of its file, in bytes
}

// decisionRequest ends the review of a bundle.
type decisionRequest struct {
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

// awayRequest says how many of the next purchases come too late.
type awayRequest struct {
	Next int `json:"next"`
}

// Bundles are all bundles that are not deleted, oldest first.
func (c *Carrier) Bundles() []BundleView {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []BundleView{}
	for _, b := range c.office.bundles {
		v := BundleView{
			SID: b.sid, FriendlyName: b.name, Status: b.status, FailureReason: b.reason, Papers: []PaperView{},
			Created: b.created, Updated: b.updated,
		}
		if g := b.regulation; g != nil {
			v.Country, v.NumberType, v.EndUserType = g.iso, g.kind.bundle, g.endUser
		}
		for _, p := range c.office.papersOf(b) {
			v.Papers = append(v.Papers, PaperView{
				SID: p.sid, FriendlyName: p.name, Type: p.kind, Status: p.status, MimeType: p.mime, Size: p.size,
			})
		}
		all = append(all, v)
	}
	return all
}

// officeRoutes are what tests and people decide about numbers for sale and paperwork.
func (c *Carrier) officeRoutes(handle func(pattern string, a answer)) {
	handle("GET /sim/bundles", func(*http.Request) (int, any, error) { return http.StatusOK, c.Bundles(), nil })
	handle("POST /sim/bundles/{sid}/decision", c.postDecision)
	handle("PUT /sim/reviews", c.putReview)
	handle("POST /sim/reviews/{country}", c.postReview)
	handle("PUT /sim/sold/{phone}", c.putSold)
	handle("POST /sim/sold", c.postSold)
	handle("GET /sim/ledger", func(*http.Request) (int, any, error) { return http.StatusOK, c.Ledger(), nil })
}

func (c *Carrier) postDecision(r *http.Request) (int, any, error) {
	var d decisionRequest
	if err := decode(r, &d); err != nil {
		return 0, nil, err
	}
	if err := c.DecideBundle(r.PathValue("sid"), d.Approve, d.Reason); err != nil {
		return 0, nil, &refused{http.StatusConflict, err.Error()}
	}
	return http.StatusNoContent, nil, nil
}

func decodeReview(r *http.Request) (Review, error) {
	var v Review
	if err := decode(r, &v); err != nil {
		return v, err
	}
	if !v.valid() {
		return v, &refused{http.StatusUnprocessableEntity, "the verdict must be approve, refuse or hold, and the time not negative"}
	}
	return v, nil
}

func (c *Carrier) putReview(r *http.Request) (int, any, error) {
	v, err := decodeReview(r)
	if err != nil {
		return 0, nil, err
	}
	c.ReviewBundles(v)
	return http.StatusOK, v, nil
}

func (c *Carrier) postReview(r *http.Request) (int, any, error) {
	v, err := decodeReview(r)
	if err != nil {
		return 0, nil, err
	}
	c.ReviewNextBundle(r.PathValue("country"), v)
	return http.StatusOK, v, nil
}

func (c *Carrier) putSold(r *http.Request) (int, any, error) {
	phone := r.PathValue("phone")
	if blockOf(phone) == nil {
		return 0, nil, &refused{http.StatusUnprocessableEntity, phone + " was never for sale"}
	}
	c.SellOut(phone)
	return http.StatusNoContent, nil, nil
}

func (c *Carrier) postSold(r *http.Request) (int, any, error) {
	var a awayRequest
	if err := decode(r, &a); err != nil {
		return 0, nil, err
	}
	if a.Next < 0 {
		return 0, nil, &refused{http.StatusUnprocessableEntity, "next must not be negative"}
	}
	c.SellNextAway(a.Next)
	return http.StatusNoContent, nil, nil
}
