package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ringdown/ringdown/models"
)

// System is what the API of a running system answers for each of Lists.
type System map[string][]json.RawMessage

// state is what a system holds, by name.
type state struct {
	entries []*entry
	numbers map[string]models.PhoneNumber // by number
	ids     map[ref]string
}

// ref names an entry, or one of our numbers.
type ref struct{ noun, name string }

const numberNoun = "phone number"

func (e *entry) ref() ref { return ref{e.kind.noun, e.key()} }

// read sees the state of a system at an instant.
func (s System) read(at time.Time) (*state, error) {
	st := &state{numbers: map[string]models.PhoneNumber{}, ids: map[ref]string{}}
	names := map[ref]string{} // by id
	for _, raw := range s[numbersList] {
		var number models.PhoneNumber
		if err := json.Unmarshal(raw, &number); err != nil {
			return nil, fmt.Errorf("read %s: %w", numbersList, err)
		}
		text := string(number.Number)
		st.ids[ref{numberNoun, text}], names[ref{numberNoun, number.ID}] = number.ID, text
		number.ID = text
		st.numbers[text] = number
	}
	byID := func(noun, id string) string {
		for _, key := range meant(noun, id) {
			if name, ok := names[key]; ok {
				return name
			}
		}
		return id
	}
	for _, kind := range kinds {
		for _, raw := range s[kind.list] {
			e, err := kind.shown(raw, byID, at)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", kind.list, err)
			}
			st.entries = append(st.entries, e)
			st.ids[e.ref()], names[ref{kind.noun, e.id}] = e.id, e.key()
		}
	}
	return st, nil
}

// shown is an entry that the API shows.
func (k *kind) shown(raw json.RawMessage, byID func(noun, id string) string, at time.Time) (*entry, error) {
	n, err := nodeOf(raw)
	if err != nil {
		return nil, err
	}
	e := &entry{kind: k, name: n.get(k.key).text(), id: n.get("id").text()}
	if e.version, err = strconv.Atoi(fmt.Sprint(n.get("version").single())); err != nil {
		return nil, fmt.Errorf("%s: version: %w", e.title(), err)
	}
	if k == outsideSchedules {
		n.dropStrangers(byID)
	}
	e.api = toAPI(toFile(n, byID), byName)
	if err := e.read(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.title(), err)
	}
	return e, e.settle(e.model, at)
}

// dropStrangers leaves out the people of an outside schedule whose user is gone: they count for
// nothing, and have no name.
func (n *node) dropStrangers(byID func(noun, id string) string) {
	if people := n.get("people"); people != nil {
		people.list = slices.DeleteFunc(people.list, func(person *node) bool {
			id := person.get("user_id").text()
			return byID(users.noun, id) == id
		})
	}
}

func (n *node) single() any {
	if n == nil {
		return nil
	}
	return n.value
}

func (st *state) find(key ref) *entry {
	for _, e := range st.entries {
		if e.ref() == key {
			return e
		}
	}
	return nil
}

// among are the entries with some names.
func (st *state) among(keys []ref) (found []*entry) {
	for _, key := range keys {
		if e := st.find(key); e != nil {
			found = append(found, e)
		}
	}
	return found
}
