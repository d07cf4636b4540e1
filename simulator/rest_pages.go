package simulator

import (
	"net/http"
	"net/url"
	"strconv"
)

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

// window is the page of a list that a request asks for.
type window struct{ page, size int }

func windowOf(q url.Values) window {
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil || size < 1 {
		size = 50
	}
	n, err := strconv.Atoi(q.Get("Page"))
	if err != nil || n < 0 {
		n = 0
	}
	return window{n, min(size, 1000)}
}

// bounds are where the page begins and ends in a list of so many.
func (w window) bounds(length int) (start, end int) {
	start = min(w.page*w.size, length)
	return start, min(start+w.size, length)
}

// uri is where the nth page of the list is.
func (w window) uri(r *http.Request, n int) string {
	q := r.URL.Query()
	q.Set("PageSize", strconv.Itoa(w.size))
	q.Set("Page", strconv.Itoa(n))
	return r.URL.Path + "?" + q.Encode()
}

// neighbours are where the pages before and after are, nil where there is none.
func (w window) neighbours(length int, uri func(n int) string) (before, next *string) {
	if _, end := w.bounds(length); end < length {
		s := uri(w.page + 1)
		next = &s
	}
	if w.page > 0 {
		s := uri(w.page - 1)
		before = &s
	}
	return before, next
}

// paged cuts the asked page out of all and returns it with its frame.
func paged[T any](r *http.Request, all []T) ([]T, page) {
	w := windowOf(r.URL.Query())
	start, end := w.bounds(len(all))
	uri := func(n int) string { return w.uri(r, n) }
	frame := page{
		End: max(start, end-1), Start: start, Page: w.page, PageSize: w.size, FirstPageURI: uri(0), URI: uri(w.page),
	}
	frame.PreviousPageURI, frame.NextPageURI = w.neighbours(len(all), uri)
	return all[start:end], frame
}

// meta is the frame of a list in Twilio's newer APIs. Key is where the list is.
type meta struct {
	FirstPageURL    string  `json:"first_page_url"`
	Key             string  `json:"key"`
	NextPageURL     *string `json:"next_page_url"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	PreviousPageURL *string `json:"previous_page_url"`
	URL             string  `json:"url"`
}

// listed is the answer with the asked page of all.
func listed[T any](r *http.Request, key string, all []T) (int, any, error) {
	w := windowOf(r.URL.Query())
	start, end := w.bounds(len(all))
	at := func(n int) string { return hostOf(r) + w.uri(r, n) }
	frame := meta{FirstPageURL: at(0), Key: key, Page: w.page, PageSize: w.size, URL: at(w.page)}
	frame.PreviousPageURL, frame.NextPageURL = w.neighbours(len(all), at)
	return http.StatusOK, map[string]any{key: append([]T{}, all[start:end]...), "meta": frame}, nil
}

// hostOf is where the carrier was asked, with which the URLs of its newer APIs begin.
func hostOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// iso8601 is how Twilio's newer APIs write instants.
const iso8601 = "2006-01-02T15:04:05Z"
