package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringdown/ringdown/models"
)

// judge adds the faults that the rules of models find, but for consequences of others.
func (p *planner) judge(check checker, d models.Directory) {
	var found models.Faults
	if !errors.As(validate(check.entry.model, d, p.at), &found) {
		return
	}
	for _, fault := range found {
		at, whole, within := check.entry.api.find(fault.Field)
		if !within && (!whole || !at.spoilt()) {
			check.add(at.at, fault.Field, fault.Reason)
		}
	}
}

// references checks that everything exists that an entry names.
func (p *planner) references(check checker, n *node, path string) {
	for i, element := range n.list {
		p.references(check, element, fmt.Sprintf("%s[%d]", path, i))
	}
	for _, f := range n.fields {
		place := below(path, f.name)
		for _, reference := range references {
			if f.name == reference.api {
				p.reference(check, f.value, place, reference.noun)
			}
		}
		switch f.name {
		case "users":
			for i, element := range f.value.list {
				p.reference(check, element, fmt.Sprintf("%s[%d]", place, i), users.noun)
			}
		case "targets":
			for i, target := range f.value.list {
				p.target(check, target, fmt.Sprintf("%s[%d]", place, i))
			}
		}
		p.references(check, f.value, place)
	}
}

func (p *planner) target(check checker, n *node, path string) {
	if n.form == mapping && !n.bad && (n.get("user_id") == nil) == (n.get("schedule_id") == nil) {
		check.fault(n, path, "must name either a user or a schedule")
	}
}

func (p *planner) reference(check checker, n *node, path, noun string) {
	name := n.text()
	_, ours := p.system.numbers[name]
	if n.bad || name == "" || noun == numberNoun && ours {
		return
	}
	keys := meant(noun, name)
	there := p.system.among(keys)
	switch {
	case slices.ContainsFunc(keys, func(key ref) bool { return p.files.find(key) != nil }):
	case len(there) > 1:
		check.fault(n, path, "may mean the %s or the %s: give one of them another name", there[0].title(), there[1].title())
	case len(there) == 1 && p.gone[there[0].ref()]:
		check.fault(n, path, "--prune removes the %s %s, which the files do not list", there[0].kind.noun, name)
	case len(there) == 1:
	case noun == users.noun:
		check.fault(n, path, "nobody has the e-mail address %s: list them under users", name)
	case noun == numberNoun:
		check.fault(n, path, "%s is no number of ours: import it first", name)
	default:
		check.fault(n, path, "no schedule is called %q: list it under %s or %s", name, schedules.section, outsideSchedules.section)
	}
}

// twin sees that a name means one of all there will be, also while what --prune removes is there.
func (p *planner) twin(check checker) {
	key := check.entry.ref().twin()
	if other := p.system.find(key); other != nil && p.files.find(key) == nil {
		check.sameName(other.title())
	}
}

// takeNumber sees that no route which stays as it is has the number that another is to have.
func (p *planner) takeNumber(check checker) {
	number := check.entry.api.get("phone_number_id")
	holder := p.plan.holders[number.text()]
	if check.entry.kind == routes && holder != nil && slices.Contains(p.rest, holder) {
		check.fault(number, "phone_number_id", "%s belongs to the %s: list that, too, or remove it with --prune", number.text(), holder.title())
	}
}

// names lists whom a node of a file refers to.
func (n *node) names() (found []ref) {
	for _, element := range n.list {
		found = append(found, element.names()...)
	}
	for _, f := range n.fields {
		if reference, ok := references[f.name]; ok {
			found = append(found, ref{reference.noun, f.value.text()})
		}
		if f.name == "users" {
			for _, element := range f.value.list {
				found = append(found, ref{users.noun, element.text()})
			}
		}
		found = append(found, f.value.names()...)
	}
	return found
}
