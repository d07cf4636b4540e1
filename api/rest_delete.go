package api

// deleteInput is what every removal of a versioned noun takes.
type deleteInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The ETag that was read; the removal is refused with 412 when it is no longer current"`
}

// version is the version that If-Match names, 0 when any will do.
func (in deleteInput) version() (int, error) { return updateInput{IfMatch: in.IfMatch}.version() }
