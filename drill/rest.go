package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// restClient asks the REST API. While the database or an API is away it asks again: REST may say so then, and no caller
// notices.
type restClient struct {
	base, key string
	http      *http.Client
}

const (
	// onceWithin is how long one request may take, and allWithin a request with all its repetitions.
	onceWithin, allWithin = 10 * time.Second, 2 * time.Minute
	// againAfter is the pause before a repetition.
	againAfter = 500 * time.Millisecond
)

// refusal is an answer that would not change if it were asked for again.
type refusal struct {
	status int
	said   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.said) }

func (c *restClient) get(ctx context.Context, path string, into any) error {
	return c.ask(ctx, http.MethodGet, path, nil, into)
}

// ask makes a request until it is answered for good. One that makes something carries a key, so that it is done once.
func (c *restClient) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, allWithin)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	token := uuid.NewString()
	for {
		again, err := c.once(ctx, method, path, token, text, into)
		if !again {
			if err != nil {
				err = fmt.Errorf("%s %s: %w", method, path, err)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w", method, path, err)
		case <-time.After(againAfter):
		}
	}
}

// once makes a request once, and says whether to make it again.
func (c *restClient) once(ctx context.Context, method, path, token string, body []byte, into any) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return true, err
	}
	defer func() { _ = res.Body.Close() }() // only read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return true, err
	}
	switch {
	case res.StatusCode >= http.StatusInternalServerError, res.StatusCode == http.StatusTooManyRequests, stillAtWork(res):
		return true, &refusal{res.StatusCode, string(text)}
	case res.StatusCode >= http.StatusBadRequest:
		return false, &refusal{res.StatusCode, string(text)}
	case into == nil:
		return false, nil
	}
	return false, json.Unmarshal(text, into)
}

// stillAtWork says whether the first request with this key has not been answered yet.
func stillAtWork(res *http.Response) bool {
	return res.StatusCode == http.StatusConflict && res.Header.Get("Retry-After") != ""
}

// all reads a list, page by page.
func all[T any](ctx context.Context, c *restClient, path string, query url.Values) ([]T, error) {
	query.Set("limit", "200")
	var items []T
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if err := c.get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items, nil
		}
		query.Set("cursor", page.Next)
	}
}

// idOf is the path of one thing of a list.
func idOf(list, id string) string { return strings.TrimSuffix(list, "/") + "/" + url.PathEscape(id) }
