package api

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// Policies of what a page of ours may load and do. Nearly everything that we answer is no page: it may do nothing.
// Source: W3C, Content Security Policy Level 3.
const (
	noPage   = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	docsPage = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

// securely sets what every answer says to browsers and caches; a handler may set another value of its own. publicURL
// tells whether we are reached over TLS alone.
func securely(publicURL string) echo.MiddlewareFunc {
	overTLS := strings.HasPrefix(publicURL, "https://")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set(echo.HeaderXContentTypeOptions, "nosniff")
			h.Set(echo.HeaderContentSecurityPolicy, noPage)
			h.Set(echo.HeaderXFrameOptions, "DENY") // for browsers that know no frame-ancestors
			h.Set(echo.HeaderReferrerPolicy, "no-referrer")
			h.Set(echo.HeaderCacheControl, "no-store")
			if overTLS {
				h.Set(echo.HeaderStrictTransportSecurity, "max-age=31536000") // a year, of this host alone
			}
			return next(c)
		}
	}
}
