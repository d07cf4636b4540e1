package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

//go:embed docs
var docsFiles embed.FS

// mountDocs serves the OpenAPI document and a page that shows it, which needs nothing from
// elsewhere. Neither asks for a key.
func mountDocs(e *echo.Echo, doc *huma.OpenAPI) {
	written := sync.OnceValues(func() ([]byte, error) { return openAPI(doc) })
	e.GET("/openapi.json", func(c echo.Context) error {
		document, err := written()
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", document)
	})
	for path, file := range map[string]string{
		"/docs": "docs/index.html", "/docs/docs.js": "docs/docs.js", "/docs/docs.css": "docs/docs.css",
	} {
		e.GET(path, func(c echo.Context) error {
			c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsPage)
			content, err := fs.ReadFile(docsFiles, file)
			if err != nil {
				return err
			}
			http.ServeContent(c.Response(), c.Request(), file, time.Time{}, bytes.NewReader(content)) // no time: embedded files have none
			return nil
		})
	}
}

// openAPI is the document as it is served and committed.
func openAPI(doc *huma.OpenAPI) ([]byte, error) {
	raw, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return nil, err
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}
