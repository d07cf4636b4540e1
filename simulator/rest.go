package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
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

func (c *Carrier) restRoutes(mux *http.ServeMux) {
	const base = "/" + apiVersion + "/Accounts/"
	api := http.NewServeMux()
	handle := func(pattern string, a answer) {
		verb, path, _ := strings.Cut(pattern, " ")
		api.HandleFunc(verb+" "+base+path, func(w http.ResponseWriter, r *http.Request) { serve(w, r, a) })
	}
	handle("GET {file}", c.getAccount)
	handle("POST {account}/Calls.json", c.createCall)
	handle("GET {account}/Calls.json", c.listCalls)
	handle("GET {account}/Calls/{file}", c.getCall)
	handle("POST {account}/Calls/{file}", c.updateCall)
	handle("GET {account}/IncomingPhoneNumbers.json", c.listNumbers)
	handle("GET {account}/IncomingPhoneNumbers/{file}", c.getNumber)
	handle("POST {account}/IncomingPhoneNumbers/{file}", c.updateNumber)
	handle("DELETE {account}/IncomingPhoneNumbers/{file}", c.deleteNumber)
	handle("GET {account}/Conferences.json", c.listRooms)
	handle("GET {account}/Conferences/{file}", c.getRoom)
	handle("POST {account}/Conferences/{file}", c.updateRoom)
	handle("GET {account}/Conferences/{room}/Participants.json", c.listMembers)
	handle("GET {account}/Recordings.json", c.listRecordings)
	handle("GET {account}/Calls/{call}/Recordings.json", c.listRecordings)
	handle("GET {account}/Recordings/{recording}/Transcriptions.json", c.listTranscripts)
	handle("GET {account}/Recordings/{recording}/Transcriptions/{file}", c.getTranscript)
	handle("GET {account}/Transcriptions/{file}", c.getTranscript)
	handle("DELETE {account}/Recordings/{file}", c.deleteRecording)
	api.HandleFunc("GET "+base+"{account}/Recordings/{file}", c.getRecording)
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { write(w, 404, notFound(r)) })
	for _, other := range []string{"/v1/", "/v2/"} { // what Twilio serves on other hosts
		mux.HandleFunc(other, func(w http.ResponseWriter, r *http.Request) { write(w, 404, notFound(r)) })
	}
	mux.Handle("/"+apiVersion+"/", c.faulty(c.authenticated(api)))
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
		rest := strings.TrimPrefix(r.URL.Path, "/"+apiVersion+"/Accounts/")
		if account, _, _ := strings.Cut(rest, "/"); strings.TrimSuffix(account, ".json") != c.cfg.AccountSID {
			write(w, 404, notFound(r))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page is the frame that Twilio puts around a list.
type page struct {
	End             int     `json:"end"`
	FirstPageURI    string  `json:"first_page_uri"`
	NextPageURI     *string `json:"next_page_uri"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	PreviousPageURI *string `json:"previous_page_uri"`
	Start           int     `json:"start"`
	URI             string  `json:"uri"`
}

// paged cuts the asked page out of all and returns it with its frame.
func paged[T any](r *http.Request, all []T) ([]T, page) {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil || size < 1 {
		size = 50
	}
	size = min(size, 1000)
	n, err := strconv.Atoi(q.Get("Page"))
	if err != nil || n < 0 {
		n = 0
	}
	start := min(n*size, len(all))
	end := min(start+size, len(all))
	uri := func(n int) string {
		p := url.Values{}
		for k, v := range q {
			p[k] = v
		}
		p.Set("PageSize", strconv.Itoa(size))
		p.Set("Page", strconv.Itoa(n))
		return r.URL.Path + "?" + p.Encode()
	}
	frame := page{
		End: max(start, end-1), Start: start, Page: n, PageSize: size, FirstPageURI: uri(0), URI: uri(n),
	}
	if end < len(all) {
		next := uri(n + 1)
		frame.NextPageURI = &next
	}
	if n > 0 {
		before := uri(n - 1)
		frame.PreviousPageURI = &before
	}
	return all[start:end], frame
}

// sid reads the SID out of the last part of a path such as CA….json.
func sid(r *http.Request) string { return strings.TrimSuffix(r.PathValue("file"), ".json") }
