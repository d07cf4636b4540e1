package models

import "strings"

// Role is what the holder of an API key may do. Each operation of the API names the roles that it
// is for.
type Role string

// The roles.
const (
	RoleAdmin     Role = "admin"     // everything
	RoleReviewer  Role = "reviewer"  // decides on requests for numbers; reads all but keys, the audit list, erasures and the whole addresses of receivers
	RoleRequester Role = "requester" // asks for numbers, and sees what the form offers
	RoleViewer    Role = "viewer"    // reads what reviewers read, but not what callers have said, nor requests for numbers
)

// Roles are all roles, the mightiest first.
var Roles = []Role{RoleAdmin, RoleReviewer, RoleRequester, RoleViewer}

// ReadsCallers says whether a role may read what callers have said.
func (r Role) ReadsCallers() bool { return r == RoleAdmin || r == RoleReviewer }

// ReadsAddresses says whether a role may read the whole addresses of receivers, which may hold a secret.
func (r Role) ReadsAddresses() bool { return r == RoleAdmin }

// RoleList names roles in a sentence, as in "admin, reviewer or viewer".
func RoleList(roles []Role) string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = string(role)
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
