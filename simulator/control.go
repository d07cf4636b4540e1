package simulator

import "net/http"

func (c *Carrier) controlRoutes(mux *http.ServeMux) {}
func (c *Carrier) pageRoutes(mux *http.ServeMux)    {}

var _ http.Handler
