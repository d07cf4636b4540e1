package workflows_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ringdown/ringdown/models"
)

// planOf reads whom a route rings, level by level: "Alice Bob all_at_once / Carol". A level is rung
// one by one unless its last word says otherwise; a number at its end is the stagger in seconds.
func planOf(levels string, settings ...func(*models.Plan)) models.Plan {
	p := models.Plan{
		At: monday, RouteID: "route-1", RouteName: "Support", Number: ours, Language: "en-GB",
		RingSeconds: 30, MaxWaitSeconds: 900, Accept: models.Acceptance{Required: true, Key: "1"},
	}
	n := 0
	for _, words := range strings.Split(levels, "/") {
		level := models.PlanLevel{Strategy: models.OneByOne}
		for _, word := range strings.Fields(words) {
			stagger, err := strconv.Atoi(word)
			switch {
			case err == nil:
				level.StaggerSeconds = stagger
			case strategies[models.Strategy(word)]:
				level.Strategy = models.Strategy(word)
			default:
				n++
				level.People = append(level.People, person(word, n))
			}
		}
		p.Levels = append(p.Levels, level)
	}
	for _, set := range settings {
		set(&p)
	}
	return p
}

var strategies = map[models.Strategy]bool{models.OneByOne: true, models.Shuffled: true, models.Staggered: true, models.AllAtOnce: true}

func person(name string, n int) models.Person {
	return models.Person{
		UserID: strings.ToLower(name), Name: name, Why: "named by the route",
		Phones: []models.UserPhone{{Label: "mobile", Number: models.Phone(fmt.Sprintf("+120255501%02d", n))}},
	}
}

func withKeypress(p *models.Plan) { p.Keypress = models.Keypress{Enabled: true, Key: "1"} }

func withoutAcceptKey(p *models.Plan) { p.Accept = models.Acceptance{} }

func withMaxWait(seconds int) func(*models.Plan) {
	return func(p *models.Plan) { p.MaxWaitSeconds = seconds }
}

// withDesk gives the nth person of the first level a second phone.
func withDesk(nth int) func(*models.Plan) {
	return func(p *models.Plan) {
		phones := &p.Levels[0].People[nth-1].Phones
		*phones = append(*phones, models.UserPhone{Label: "desk", Number: models.Phone(fmt.Sprintf("+120255501%02d", 80+nth))})
	}
}

func withVoicemail(p *models.Plan) { p.Nobody.Action = models.NobodyVoicemail }

// lastResort is the fixed number of a route that forwards.
const lastResort = models.Phone("+12025550177")

func withForward(p *models.Plan) {
	p.Nobody = models.Nobody{Action: models.NobodyForward, Number: lastResort}
}

func in(language string) func(*models.Plan) {
	return func(p *models.Plan) { p.Language = language }
}
