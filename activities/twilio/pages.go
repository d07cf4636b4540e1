package twilio

import "net/url"

// pages reads all pages of a list, each by a request of its own. ask gives what is on one page and the address of
// the next, empty on the last.
func pages[T any](ask func(token, number string) (page []T, next string, err error)) ([]T, error) {
	var all []T
	for token, number := "", ""; ; {
		page, next, err := ask(token, number)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if token, number = nextPage(next); token == "" && number == "" {
			return all, nil
		}
	}
}

func nextPage(uri string) (token, number string) {
	next, err := url.Parse(uri)
	if err != nil {
		return "", ""
	}
	return next.Query().Get("PageToken"), next.Query().Get("Page")
}
