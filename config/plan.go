package config

import (
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Action is what a step does.
type Action string

// The actions.
const (
	Create Action = "create"
	Change Action = "change"
	Remove Action = "remove"
)

// Step brings one entry to the state in the files.
type Step struct {
	Action      Action
	Title       string       // as in: call route Support
	Differences []Difference // of a change
	Text        string       // of a create: the entry as a file has it, lean

	entry *entry // as it is to be; as it is, for a remove
}

// Plan is what brings a system to the state in files.
type Plan struct {
	Steps []Step
	Same  int      // entries that are as the files have them
	Left  []string // titles of entries that the files do not name, and that stay as they are

	ids      map[ref]string
	versions map[ref]int
	holders  map[string]*entry // routes by their numbers
}

// planner compares files with a system.
type planner struct {
	files  *Files
	system *state
	at     time.Time
	faults Faults
	plan   *Plan
	gone   map[ref]bool // what is to be removed
	rest   []*entry     // what the files do not name, and stays
}

// Plan compares the files with a system at an instant. With prune, entries go that the files do
// not name, though none of a section that the files do not have. Its error is Faults where lines
// are bad, those of Check among them; nothing may be done then.
func (f *Files) Plan(system System, at time.Time, prune bool) (*Plan, error) {
	st, err := system.read(at)
	if err != nil {
		return nil, err
	}
	p := &planner{
		files: f, system: st, at: at, faults: slices.Clone(f.faults), gone: map[ref]bool{},
		plan: &Plan{ids: st.ids, versions: map[ref]int{}, holders: map[string]*entry{}},
	}
	for _, e := range st.entries {
		p.plan.versions[e.ref()] = e.version
		p.plan.hold(e)
	}
	p.divide(prune)
	directory := p.directory()
	for _, e := range f.entries {
		if err := p.compare(e, directory); err != nil {
			return nil, err
		}
	}
	p.prune()
	slices.SortStableFunc(p.plan.Steps, func(a, b Step) int { return a.turn() - b.turn() })
	return p.plan, p.faults.Err()
}

// turn is when a step's time comes: what others refer to is made before them and removed after them.
func (s Step) turn() int {
	i := slices.Index(kinds, s.entry.kind)
	if s.Action == Remove {
		return 2*len(kinds) - i
	}
	return i
}

// divide tells what goes from what stays, of all that the files do not name.
func (p *planner) divide(prune bool) {
	for _, e := range p.system.entries {
		switch {
		case p.files.find(e.ref()) != nil:
		case prune && p.files.named[e.kind]:
			p.gone[e.ref()] = true
		default:
			p.rest = append(p.rest, e)
			p.plan.Left = append(p.plan.Left, e.title())
		}
	}
}

func (f *Files) find(key ref) *entry {
	if i := slices.IndexFunc(f.entries, func(e *entry) bool { return e.ref() == key }); i >= 0 {
		return f.entries[i]
	}
	return nil
}

// directory is what there will be to refer to, by name.
func (p *planner) directory() models.Directory {
	d := models.Directory{Users: map[string]models.User{}, Schedules: map[string]models.Schedule{}, Numbers: p.system.numbers}
	for _, e := range slices.Concat(p.rest, p.files.entries) {
		switch m := e.model.(type) {
		case models.User:
			m.ID = e.key()
			d.Users[m.ID] = m
		case models.Schedule:
			m.ID = e.key()
			d.Schedules[m.ID] = m
		case models.OutsideSchedule:
			m.ID = e.key()
			m.Kept = &models.OutsideCopy{Provider: m.Provider, Reference: m.Reference, Entries: []models.Entry{
				{From: p.at, To: p.at.AddDate(0, 0, 1), UserID: somebody},
			}}
			d.Schedules[m.ID] = m.Schedule()
			d.Users[somebody] = models.User{Active: true, OnCallLicence: true, Phones: []models.UserPhone{{}}}
		}
	}
	return d
}

// somebody is on call in each outside schedule: who really is, only the API can see.
const somebody = "somebody outside"

// compare makes a step of an entry that differs. One that does not differ is not judged: what was
// right when it was made stays.
func (p *planner) compare(e *entry, d models.Directory) error {
	was := p.system.find(e.ref())
	check := checker{entry: e, faults: &p.faults}
	sound := !e.api.spoilt()
	p.twin(check)
	p.references(check, e.api, "")
	if e.api.spoilt() {
		if err := e.read(); err != nil {
			return err
		}
	}
	if sound {
		if err := e.settle(p.amended(e, was), p.at); err != nil {
			return err
		}
		if was != nil && was.tree.same(e.tree) {
			p.plan.Same++
			return nil
		}
	}
	p.judge(check, d)
	p.takeNumber(check)
	if e.api.spoilt() {
		return nil
	}
	step := Step{Action: Create, Title: e.title(), entry: e}
	if was != nil {
		step.Action, step.Differences = Change, differences("", was.tree, e.tree)
	} else if lean, err := e.lean(); err != nil {
		return err
	} else {
		step.Text = block(lean)
	}
	p.plan.Steps = append(p.plan.Steps, step)
	return nil
}

// amended is the model of an entry as the API will make it: of a schedule it keeps the past.
func (p *planner) amended(e, was *entry) any {
	if schedule, ok := e.model.(models.Schedule); ok && was != nil {
		return was.model.(models.Schedule).Amend(schedule, p.at)
	}
	return e.model
}

// prune adds a step for all that goes, and says who still names it.
func (p *planner) prune() {
	for _, e := range p.system.entries {
		if p.gone[e.ref()] {
			p.plan.Steps = append(p.plan.Steps, Step{Action: Remove, Title: e.title(), entry: e})
		}
	}
	for _, e := range p.rest {
		named := map[ref]bool{}
		for _, name := range e.tree.names() {
			there := p.system.among(meant(name.noun, name.name))
			if len(there) != 1 { // of two the API knows which is meant, and keeps that
				continue
			}
			key := there[0].ref()
			if p.gone[key] && !named[key] {
				p.faults.add(Place{File: "--prune"}, "the %s %s cannot go: the %s names it, and the files have no %s",
					key.noun, key.name, e.title(), e.kind.section)
			}
			named[key] = true
		}
	}
}
