package models

import (
	"fmt"
	"testing"
)

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

func TestWhatRolesMayRead(t *testing.T) {
	var callers, addresses []Role
	for _, role := range append([]Role{""}, Roles...) {
		if role.ReadsCallers() {
			callers = append(callers, role)
		}
		if role.ReadsAddresses() {
			addresses = append(addresses, role)
		}
	}
	if fmt.Sprint(callers) != "[admin reviewer]" || fmt.Sprint(addresses) != "[admin]" {
		t.Errorf("%v read what callers have said, %v the addresses of receivers", callers, addresses)
	}
}
