package simulator

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

// Page is what the page of phones shows beside what the carrier knows.
type Page struct {
	// CallLink is where a caller's call can be looked at elsewhere: a web address in which {sid} stands for the call's
	// SID. Empty shows no link.
	CallLink string `json:"call_link,omitempty"`
}

// Handler serves what the carrier's own Handler does, but shows this page.
func (p Page) Handler(c *Carrier) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", c.Handler())
	mux.Handle("GET /sim/page", local(http.HandlerFunc(p.show)))
	return mux
}

func (p Page) show(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, p) }

// policy lets the page load what is its own and nothing else, and lets no text become HTML.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// pageRoutes serve the page of phones.
func (c *Carrier) pageRoutes(mux *http.ServeMux) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return // cannot be: the folder is embedded
	}
	serve := http.FileServerFS(files)
	mux.Handle("/", local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		serve.ServeHTTP(w, r)
	})))
}
