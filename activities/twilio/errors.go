package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// Class is what an error means for whoever asked.
type Class string

// The classes of errors.
const (
	Refused     Class = "refused"     // the carrier did nothing and never will as asked; take the next person
	Busy        Class = "busy"        // the carrier did nothing for now; asking again is safe
	Unsent      Class = "unsent"      // the request never left; asking again is safe
	Unknown     Class = "unknown"     // the carrier may have acted; a leg must never be placed again
	Credentials Class = "credentials" // the account cannot be used; an operator must act
	NotLive     Class = "not_live"    // the call is not in progress: over, or not answered yet
	NotFound    Class = "not_found"   // the carrier knows no such thing
)

// ErrNotLive is what errors.Is finds in a CarrierError of class NotLive.
var ErrNotLive = errors.New("call is not live")

// Codes of Twilio's error dictionary that are told apart here.
const (
	codeConcurrency      = 10004
	codeAuthenticate     = 20003
	codeAccountNotActive = 20005
	codeNotFound         = 20404
	codeTooManyRequests  = 20429
	codeNotLive          = 21220
	codeNumberTaken      = 21422
)

func classOfRefusal(status, code int) Class {
	switch {
	case code == codeTooManyRequests, code == codeConcurrency:
		return Busy
	case status == http.StatusUnauthorized, code == codeAuthenticate, code == codeAccountNotActive:
		return Credentials
	case code == codeNotLive:
		return NotLive
	case code == codeNotFound: // a 404 without it is no word of the carrier's
		return NotFound
	case status == http.StatusRequestTimeout:
		return Unknown
	default:
		return Refused
	}
}

// badNumbers are the codes that speak against the phone to be called, whoever calls it.
// Source: Twilio's error dictionary.
var badNumbers = []int{13223, 13224, 13225, 13226, 13227, 21211, 21214, 21215, 21216, 21217, 21219}

// BadNumber says whether an error means that the carrier refuses the phone itself: it is no number,
// cannot be reached, or is not allowed for this account.
func BadNumber(err error) bool {
	var carrier *CarrierError
	return errors.As(err, &carrier) && carrier.Class == Refused && slices.Contains(badNumbers, carrier.Code)
}

// missingPaperwork are the codes of a purchase that wants an address or a bundle which was not given, or was given
// and does not fit. Source: Twilio's error dictionary.
var missingPaperwork = []int{21613, 21615, 21631, 21649, 21651}

// PaperworkMissing says whether an error means that a number is not sold without an address or a bundle that fits it.
func PaperworkMissing(err error) bool {
	return ClassOf(err) == Refused && slices.Contains(missingPaperwork, codeOf(err))
}

// CarrierError is a request that failed. It never holds the carrier's own message, which may
// repeat a number. errors.Is finds in it ErrNotLive, models.ErrNotFound and the ctx's error.
type CarrierError struct {
	Op         string
	Class      Class
	Status     int           // of HTTP; zero when no answer came
	Code       int           // in Twilio's error dictionary; zero when none was given
	RetryAfter time.Duration // how long the carrier asks to be left alone; zero when it does not say
	cause      error
}

// ClassOf is the class of the CarrierError in err, empty when err holds none.
func ClassOf(err error) Class {
	var carrier *CarrierError
	if errors.As(err, &carrier) {
		return carrier.Class
	}
	return ""
}

// codeOf is the code of the CarrierError in err, zero when err holds none.
func codeOf(err error) int {
	var carrier *CarrierError
	if errors.As(err, &carrier) {
		return carrier.Code
	}
	return 0
}

// meanings and remedies are for the operator who reads the log.
var meanings = map[Class]string{
	Refused:     "refused by the carrier",
	Busy:        "the carrier is busy",
	Unsent:      "no connection to the carrier, nothing was sent",
	Unknown:     "no clear answer, the carrier may have acted",
	Credentials: "the carrier does not accept the account",
	NotLive:     "the call is not in progress",
	NotFound:    "not known to the carrier",
}

var remedies = map[int]string{
	10002:                "upgrade the trial account",
	codeConcurrency:      "raise the account's limit of calls at once",
	codeAuthenticate:     "check account SID and auth token",
	codeAccountNotActive: "the account is suspended or closed",
	codeTooManyRequests:  "send fewer requests at once",
	13227:                "allow the country in the account's voice geographic permissions",
	21211:                "correct the number to be called",
	21215:                "allow the country in the account's voice geographic permissions",
	21219:                "verify the number to be called, or upgrade the trial account",
	codeNumberTaken:      "somebody else has the number, choose another",
	21613:                "give an address that the number's country accepts",
	21615:                "give an address in the number's locality",
	21628:                "correct the address, the carrier cannot find it",
	21629:                "correct the address, the carrier knows one that is much like it",
	21631:                "give an address that the number's country accepts",
	21644:                "delete the bundle first, the end user is in it",
	21645:                "delete the bundle first, the document is in it",
	21646:                "wait until the carrier has reviewed the document",
	21648:                "give the bundle's number back first",
	21649:                "give an approved bundle for the number's country and type",
	21651:                "give a document that proves what the number's country asks",
	22205:                "the end user or document is gone, make it again",
}

// Error names the operation, what it means, status, code and what to do where that is known.
func (e *CarrierError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Op, meanings[e.Class])
	if e.Status != 0 {
		fmt.Fprintf(&b, ", http %d", e.Status)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, ", code %d", e.Code)
		if remedy, ok := remedies[e.Code]; ok {
			fmt.Fprintf(&b, ": %s", remedy)
		}
		fmt.Fprintf(&b, " (https://www.twilio.com/docs/api/errors/%d)", e.Code)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap is the network's or the ctx's error, nil when there is none.
func (e *CarrierError) Unwrap() error { return e.cause }

// Is lets callers branch without knowing the classes.
func (e *CarrierError) Is(target error) bool {
	switch target {
	case ErrNotLive:
		return e.Class == NotLive
	case models.ErrNotFound:
		return e.Class == NotFound
	default:
		return false
	}
}
