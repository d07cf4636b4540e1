package api

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
)

const (
	// sessionCookie is what the cookie of who has signed in is called.
	sessionCookie = "ringdown_codec"
	// sessionLasts is how long they are: a look at some calls, not a day's work.
	sessionLasts = time.Hour
	// signInLimit is how large the form may be, in bytes.
	signInLimit = 4 << 10
)

// aSession is what sessions are sealed about: nothing else opens as one.
var aSession = []byte("session of the codec")

// session is what the cookie holds, sealed.
type session struct {
	KeyID string    `json:"key_id"` // empty for the first key of the environment
	Hash  []byte    `json:"hash"`   // the key's: one that was revoked or replaced ends the session
	Until time.Time `json:"until"`
}

// signedIn is the key with which somebody signed in. Its errors are errWrongKey, also for who has not, errExpiredKey, and
// models.ErrAway when nobody can tell.
func (a *rest) signedIn(c echo.Context) (models.APIKey, error) {
	s, ok := a.session(c)
	if !ok {
		return models.APIKey{}, errWrongKey
	}
	key, err := a.keys.known(c.Request().Context(), s.Hash)
	if err == nil && key.ID != s.KeyID {
		err = errWrongKey
	}
	return key, err
}

// session reads the cookie. ok is false where there is none that is good.
func (a *rest) session(c echo.Context) (s session, ok bool) {
	cookie, err := c.Cookie(sessionCookie)
	if err != nil {
		return s, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return s, false
	}
	plain, err := a.sealing.Open(sealed, aSession)
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return s, false
	}
	return s, a.now().Before(s.Until)
}

// signIn sets the cookie where the key is right, and shows the page again.
func (a *rest) signIn(c echo.Context) error {
	if err := fromHere(c); err != nil {
		return err
	}
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, signInLimit)
	secret := strings.TrimSpace(c.FormValue("key"))
	key, wait, err := a.keys.check(c.Request().Context(), address(c), "Bearer "+secret)
	if p := a.denial(key, wait, err, historyRoles, c.Response().Header().Set); p != nil {
		if errors.Is(err, errWrongKey) && wait == 0 {
			p.Detail = "That is no key of this system."
		}
		return a.showCodec(c, p.Status, codecView{Refused: p.Detail})
	}
	a.noteUse(key)
	plain, err := json.Marshal(session{KeyID: key.ID, Hash: models.HashKey(secret), Until: a.now().Add(sessionLasts)})
	if err != nil {
		return err
	}
	sealed, err := a.sealing.Seal(plain, aSession)
	if err != nil {
		return err
	}
	a.setSession(c, base64.RawURLEncoding.EncodeToString(sealed), sessionLasts)
	return c.Redirect(http.StatusSeeOther, codecAt)
}

// signOut takes the cookie away.
func (a *rest) signOut(c echo.Context) error {
	if err := fromHere(c); err != nil {
		return err
	}
	a.setSession(c, "", -time.Second)
	return c.Redirect(http.StatusSeeOther, codecAt)
}

// fromHere refuses forms of other sites.
func fromHere(c echo.Context) error {
	if http.NewCrossOriginProtection().Check(c.Request()) != nil {
		return problem(http.StatusForbidden, "Only the page itself may send this.")
	}
	return nil
}

// setSession sets the cookie. Scripts do not see it, and only pages of our own site have it sent, so that the UI must be
// on the same site: the same domain, or the same address of this machine.
func (a *rest) setSession(c echo.Context, value string, lasts time.Duration) {
	c.SetCookie(&http.Cookie{ //nolint:gosec // it is secure wherever the site is
		Name: sessionCookie, Value: value, Path: codecAt, MaxAge: int(lasts / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(a.publicURL, "https:"),
	})
}

// codecFor is the site at which the UI is to ask: where a proxy has the UI and us at one address, that one, or the cookie
// would not be sent.
func (a *rest) codecFor(c echo.Context) string {
	if asked := c.Scheme() + "://" + c.Request().Host; slices.Contains(a.uiOrigins, asked) {
		return asked
	}
	return a.publicURL
}

//go:embed codec/page.html
var codecHTML string

var codecTemplate = template.Must(template.New("codec").Parse(codecHTML))

// codecView is what the page shows.
type codecView struct {
	Endpoint string // what the UI is to ask
	Origins  []string
	Roles    string
	Refused  string // why somebody was not signed in; empty: they have not tried
	Name     string // of the key with which they are; empty: they are not
	Role     models.Role
	Until    time.Time // when that ends
}

// codecPage shows the page.
func (a *rest) codecPage(c echo.Context) error {
	key, err := a.signedIn(c)
	switch {
	case errors.Is(err, models.ErrAway):
		return err
	case err != nil || !slices.Contains(historyRoles, key.Role):
		return a.showCodec(c, http.StatusOK, codecView{})
	}
	s, _ := a.session(c)
	return a.showCodec(c, http.StatusOK, codecView{Name: key.Name, Role: key.Role, Until: s.Until.UTC()})
}

func (a *rest) showCodec(c echo.Context, status int, view codecView) error {
	view.Endpoint, view.Origins, view.Roles = a.codecFor(c)+codecAt, a.uiOrigins, models.RoleList(historyRoles)
	var page bytes.Buffer
	if err := codecTemplate.Execute(&page, view); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Referrer-Policy", "same-origin")
	return c.HTMLBlob(status, page.Bytes())
}
