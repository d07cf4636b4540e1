package drill

import "time"

// promise is a kind of thing that must be so of every call.
type promise string

// The promises.
const (
	notLost       promise = "nobody is lost"
	asExperienced promise = "the outcome is what people experienced"
	rungOnce      promise = "nobody is rung twice"
	nothingLeft   promise = "no line and no room is left"
	alertResolved promise = "the alert is resolved, and says the same"
	neverSilent   promise = "the caller never hears nothing for over 2 s"
	notInVain     promise = "who pressed the key in time took the call"
	notRefused    promise = "no webhook and no document is refused"
	tasksDone     promise = "no workflow task fails"
	noNumber      promise = "no log holds a number"
)

// promises are all, in the order in which they are reported.
var promises = []promise{notLost, asExperienced, rungOnce, nothingLeft, alertResolved, neverSilent, notInVain, notRefused, tasksDone, noNumber}

const (
	// silenceAtMost is how long a caller may hear nothing.
	silenceAtMost = 2.0
	// ringsAtMost is how long a caller may hear it ring before they are answered, or sent to the emergency number, and faultsTake
	// how much longer where the carrier's faults met their arrival.
	ringsAtMost, faultsTake = 12500 * time.Millisecond, 3 * time.Second
	// triesTake is how long a caller is asked to wait a moment, or hears it ring, until they are sent to the emergency number, the
	// sentence before it included.
	triesTake = 20 * time.Second
	// hearsOfIt is how long it may take until a run that works has heard of that.
	hearsOfIt = 30 * time.Second
	// onHoldFor is how long no worker must have worked before callers on hold are sent to the emergency number.
	onHoldFor = time.Minute
	// aloneAtMost is how long a responder may be in the room before the caller: until the caller has heard the greeting, which a
	// fault may hold up.
	aloneAtMost = 5 * time.Second
	// keyTakes is how long we may take to answer a key, and how near to their end nobody can be held to have pressed it in time.
	keyTakes = 2 * time.Second
	// atOnce is how far two clocks may tell one moment.
	atOnce = 20 * time.Millisecond
)
