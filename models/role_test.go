package models

import "testing"

func TestRolesAreNamedAsInASentence(t *testing.T) {
	for _, c := range []struct {
		roles []Role
		want  string
	}{
		{nil, ""},
		{Roles[:1], "admin"},
		{Roles[:2], "admin or reviewer"},
		{Roles, "admin, reviewer, requester or viewer"},
	} {
		if got := RoleList(c.roles); got != c.want {
			t.Errorf("%v: %q, want %q", c.roles, got, c.want)
		}
	}
}
