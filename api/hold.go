package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/ringdown/ringdown/api/audio"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
)

// mountAudio serves what a waiting caller hears. All of it is the same for everybody, and the
// carrier keeps its own copy.
func (s *Server) mountAudio(e *echo.Echo) {
	e.GET("/audio/hold.xml", s.holdDocument)
	e.GET("/audio/:file", func(c echo.Context) error {
		data, err := audio.Files.ReadFile(c.Param("file"))
		if err != nil {
			return echo.ErrNotFound
		}
		return cached(c, "audio/wav", data)
	})
}

// voiceLimit is the longest name of a voice. Anybody may ask for the document, which repeats voice
// and sentence in every round.
const voiceLimit = 100

func (s *Server) holdDocument(c echo.Context) error {
	rounds, _ := strconv.Atoi(c.QueryParam("rounds"))
	voice, sentence := c.QueryParam("voice"), c.QueryParam("say")
	if len(voice) > voiceLimit {
		voice = ""
	}
	if utf8.RuneCountInString(sentence) > models.PhraseLimit {
		sentence = ""
	}
	return cached(c, "text/xml; charset=utf-8", twiml.HoldDocument(
		c.QueryParam("lang"), voice, sentence, models.HoldAudio(c.QueryParam("audio")), rounds, s.publicURL))
}

func cached(c echo.Context, mediaType string, data []byte) error {
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	c.Response().Header().Set("ETag", tag)
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	if c.Request().Header.Get("If-None-Match") == tag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, mediaType, data)
}
