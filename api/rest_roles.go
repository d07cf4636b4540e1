package api

import (
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ringdown/ringdown/models"
)

// rolesField is where an operation keeps its roles, in the document too.
const rolesField = "x-roles"

// roles makes an operation one for keys of these roles, and of no others.
func roles(op huma.Operation, who ...models.Role) huma.Operation {
	op.Extensions = maps.Clone(op.Extensions)
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	op.Extensions[rolesField] = who
	return op
}

// rolesOf are the roles that an operation is for. One that names none is for nobody.
func rolesOf(op *huma.Operation) []models.Role {
	who, _ := op.Extensions[rolesField].([]models.Role)
	return who
}

// usualRoles are those of an operation that names no others: whoever may see the system reads it,
// an admin changes it.
func usualRoles(method string) []models.Role {
	if method == http.MethodGet {
		return []models.Role{models.RoleAdmin, models.RoleReviewer, models.RoleViewer}
	}
	return []models.Role{models.RoleAdmin}
}

// describeRoles says in the document, in words too, who may use each operation.
func describeRoles(doc *huma.OpenAPI) {
	for _, op := range operations(doc) {
		who := "Needs a key whose role is " + models.RoleList(rolesOf(op)) + "."
		if op.Description != "" {
			who = op.Description + "\n\n" + who
		}
		op.Description = who
	}
}

// operations are all operations of a document.
func operations(doc *huma.OpenAPI) (all []*huma.Operation) {
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}
