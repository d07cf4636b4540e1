package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
)

// codecLimit is how large a request to the codec may be, in bytes: Temporal takes 2 MiB of payloads at once, which are a
// third more as text.
const codecLimit = 4 << 20

// originsLast is how many seconds a browser may remember which origins may ask.
const originsLast = "600"

// historyRoles are those whose keys open histories, which hold what callers have said and where people can be reached.
var historyRoles = slices.DeleteFunc(slices.Clone(models.Roles), func(r models.Role) bool { return !r.ReadsCallers() })

// CheckOrigin says what is wrong with an origin of Temporal's web UI.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Contains(u.Host, "*") ||
		u.Scheme+"://"+strings.ToLower(u.Host) != origin || u.Port() == "443" && u.Scheme == "https" || u.Port() == "80" && u.Scheme == "http" {
		return fmt.Errorf("%q: want scheme, host and port as browsers send them, as in https://temporal.example.com or http://127.0.0.1:8233, without a path", origin)
	}
	return nil
}

// codecAt is where people sign in for the UI; what it asks is below.
const codecAt = "/codec"

// mountCodec adds what opens sealed payloads for Temporal's web UI and command line, and the page on which people
// sign in for the UI.
func (a *rest) mountCodec(e *echo.Echo) {
	codec := workflows.Codec(a.histories)
	e.OPTIONS(codecAt+"/encode", a.sealed(a.mayAsk))
	e.OPTIONS(codecAt+"/decode", a.sealed(a.mayAsk))
	e.POST(codecAt+"/encode", a.sealed(func(c echo.Context) error {
		return a.recode(c, func(key models.APIKey, p []*common.Payload) ([]*common.Payload, error) {
			if err := a.note(c.Request().Context(), key, len(p)-sealedOf(p), a.store.NoteSealing); err != nil {
				return nil, err
			}
			return codec.Encode(p)
		})
	}))
	e.POST(codecAt+"/decode", a.sealed(func(c echo.Context) error {
		return a.recode(c, func(key models.APIKey, p []*common.Payload) ([]*common.Payload, error) {
			if err := a.note(c.Request().Context(), key, sealedOf(p), a.store.NoteReading); err != nil {
				return nil, err
			}
			return codec.Decode(p)
		})
	}))
	e.GET(codecAt, a.sealed(a.codecPage))
	e.FileFS(codecAt+"/docs.css", "docs/docs.css", docsFiles) // below the page: a proxy may know no other path of ours
	e.POST(codecAt, a.sealed(a.signIn))
	e.POST(codecAt+"/sign-out", a.sealed(a.signOut))
}

// sealed answers where there is something to open. Nobody keeps the answers.
func (a *rest) sealed(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		if !a.histories.Ready() {
			return problem(http.StatusNotFound, "Histories are not sealed here, so that there is nothing to open; RINGDOWN_PAYLOAD_KEY has them sealed.")
		}
		return handler(c)
	}
}

// allowOrigin lets a browser show our answer to the web UI, and refuses all other sites.
func (a *rest) allowOrigin(c echo.Context) error {
	header := c.Response().Header()
	header.Add("Vary", "Origin")
	origin := c.Request().Header.Get("Origin")
	switch {
	case slices.Contains(a.uiOrigins, origin):
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Credentials", "true")
		return nil
	case origin == "": // it comes from no page
		return nil
	default:
		return problem(http.StatusForbidden, "Pages from there may not ask: TEMPORAL_UI_ORIGIN names those that may.")
	}
}

// mayAsk answers browsers that ask first, which send neither key nor cookie then.
func (a *rest) mayAsk(c echo.Context) error {
	if err := a.allowOrigin(c); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Access-Control-Allow-Methods", http.MethodPost)
	header.Set("Access-Control-Allow-Headers", "Content-Type, X-Namespace, Authorization")
	header.Set("Access-Control-Max-Age", originsLast)
	return c.NoContent(http.StatusNoContent)
}

// recode seals payloads, or opens them.
func (a *rest) recode(c echo.Context, with func(models.APIKey, []*common.Payload) ([]*common.Payload, error)) error {
	if err := a.allowOrigin(c); err != nil {
		return err
	}
	key, refused := a.reader(c)
	if refused != nil {
		return refused
	}
	r := c.Request()
	// Temporal's command line names none where it was not told one, and means this.
	if cmp.Or(r.Header.Get("X-Namespace"), client.DefaultNamespace) != a.namespace {
		return problem(http.StatusBadRequest, "X-Namespace must name the namespace of this system, which is "+a.namespace+".")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != echo.MIMEApplicationJSON {
		return problem(http.StatusUnsupportedMediaType, "The body must be application/json.") // pages elsewhere can send others unasked
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, codecLimit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return problem(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	var payloads common.Payloads
	if err != nil || json.Unmarshal(body, &payloads) != nil {
		return problem(http.StatusBadRequest, "The body must be payloads as Temporal writes them.")
	}
	recoded, err := with(key, payloads.GetPayloads())
	if err != nil {
		return unopened(err)
	}
	return c.JSON(http.StatusOK, &common.Payloads{Payloads: recoded})
}

// unopened says which key is missing, and nothing else of what it cannot open.
func unopened(err error) error {
	if errors.Is(err, secrets.ErrUnknownKey) || errors.Is(err, secrets.ErrBroken) {
		return problem(http.StatusUnprocessableEntity, sentence(err.Error()))
	}
	return err
}

// reader is the key by which somebody may read histories: the one that they send, or the one that they signed in with.
// Who sends neither has guessed none.
func (a *rest) reader(c echo.Context) (models.APIKey, *huma.ErrorModel) {
	ctx, header := c.Request().Context(), c.Response().Header().Set
	if sent := c.Request().Header.Get("Authorization"); sent != "" {
		key, wait, err := a.keys.check(ctx, address(c), sent)
		return key, a.denial(key, wait, err, historyRoles, header)
	}
	key, err := a.signedIn(c)
	if errors.Is(err, errWrongKey) {
		header("WWW-Authenticate", `Bearer realm="ringdown"`)
		return key, problem(http.StatusUnauthorized, "Sign in at "+a.publicURL+codecAt+", or send a key of this system: Authorization: Bearer <key>.")
	}
	return key, a.denial(key, 0, err, historyRoles, header)
}

// sealedOf counts the payloads that are sealed.
func sealedOf(payloads []*common.Payload) (sealed int) {
	for _, payload := range payloads {
		if workflows.Sealed(payload) {
			sealed++
		}
	}
	return sealed
}

// note notes who reads payloads, or seals some, before they do.
func (a *rest) note(ctx context.Context, key models.APIKey, payloads int, as func(context.Context, time.Time, int) error) error {
	if payloads == 0 {
		return nil
	}
	a.noteUse(key)
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	return as(store.As(ctx, key.Actor()), a.now(), payloads)
}
