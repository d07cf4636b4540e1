package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

const apiVersion = "2010-04-01"

// problem is an error as Twilio's REST API words it.
type problem struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func (p *problem) Error() string { return p.Message }

func fault(status, code int, message string) *problem {
	return &problem{
		Code: code, Message: message, Status: status,
		MoreInfo: "https://www.twilio.com/docs/errors/" + strconv.Itoa(code),
	}
}

func notFound(r *http.Request) *problem {
	return fault(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
}

// answer is what a REST handler returns: a status and a body, or an error.
type answer func(r *http.Request) (status int, body any, err error)

func (c *Carrier) routes() http.Handler {
	mux := http.NewServeMux()
	c.restRoutes(mux)
	c.controlRoutes(mux)
	c.speakRoutes(mux)
	c.pageRoutes(mux)
	return mux
}

// serve runs a handler and writes what it returns, as JSON.
func serve(w http.ResponseWriter, r *http.Request, a answer) {
	if err := r.ParseForm(); err != nil {
		write(w, 400, fault(400, 20001, "the form cannot be read"))
		return
	}
	status, body, err := a(r)
	var p *problem
	if errors.As(err, &p) {
		status, body = p.Status, p
	}
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// authenticated lets only the account in, and only to its own resources.
func (c *Carrier) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		okUser := subtle.ConstantTimeCompare([]byte(user), []byte(c.cfg.AccountSID)) == 1
		okPassword := subtle.ConstantTimeCompare([]byte(password), []byte(c.cfg.AuthToken)) == 1
		if !okUser || !okPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			write(w, 401, fault(401, 20003, "Authenticate"))
			return
		}
		rest, named := strings.CutPrefix(r.URL.Path, accounts)
		if account, _, _ := strings.Cut(rest, "/"); named && strings.TrimSuffix(account, ".json") != c.cfg.AccountSID {
			write(w, 404, notFound(r))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sid reads the SID out of the last part of a path such as CA….json.
func sid(r *http.Request) string { return strings.TrimSuffix(r.PathValue("file"), ".json") }
