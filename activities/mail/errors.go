package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/ringdown/ringdown/models"
)

// Class says what may help against an error.
type Class string

// The classes of errors.
const (
	Retry    Class = "retry"    // it may work again soon; whether the server has the message is not known
	Final    Class = "final"    // the server will not take this message, or knows none of its addressees
	Unusable Class = "unusable" // the server will take nothing until an operator acts
)

// Error is a message that was not handed over. Its text is for people: it says what to do, and holds no
// address, no secret and none of the server's words but its codes.
type Error struct {
	Class Class
	Code  int    // the server's; zero when it gave none
	What  string // is wrong and what to do
}

func (e *Error) Error() string { return "the mail server " + e.What }

// ErrorIn is the Error in err, nil when err holds none.
func ErrorIn(err error) *Error {
	var failed *Error
	if errors.As(err, &failed) {
		return failed
	}
	return nil
}

// ClassOf is the class of the Error in err, empty when err holds none.
func ClassOf(err error) Class {
	if failed := ErrorIn(err); failed != nil {
		return failed.Class
	}
	return ""
}

// step is one part of handing over a message.
type step struct {
	refused Class  // what it means when the server refuses it for good
	what    string // to do then, unless its code says more
}

var (
	greets   = step{Unusable, "check the host in SMTP_URL, and whether the server lets us in"}
	signsIn  = step{Unusable, "check user and password in SMTP_URL"}
	isFrom   = step{Unusable, "check whether the account in SMTP_URL may write as the address in from="}
	isTo     = step{Final, "check the address"}
	hasText  = step{Final, "it does not take this message"}
	codeAuth = 530 // it wants somebody to sign in first. Source: RFC 4954, 6
)

// judge says what an error means. What the server answered counts first: it is all that is known for sure.
func judge(ctx context.Context, s step, err error) error {
	var (
		answer    *textproto.Error
		nonsense  textproto.ProtocolError
		untrusted *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
		alert     tls.AlertError
		unknown   *net.DNSError
		network   net.Error
	)
	e := &Error{Class: Retry}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		return answered(s, answer)
	case errors.As(err, &nonsense):
		e.What = "gave an answer that cannot be read: check whether SMTP_URL names a mail server"
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		e.What = "did not answer in time"
	case errors.As(err, &untrusted):
		e.Class, e.What = Unusable, "has a certificate that is not to be trusted: "+models.Clip(oneLine(untrusted.Err.Error()), 200)
	case errors.As(err, &noTLS):
		e.Class, e.What = Unusable, "speaks no TLS at this port: in SMTP_URL, smtps:// is usually for port 465, and smtp:// for 587"
	case errors.As(err, &alert):
		e.Class, e.What = Unusable, "refuses our TLS: "+alert.Error()
	case errors.As(err, &unknown):
		e.What = "has a name that could not be looked up: check SMTP_URL"
	case errors.As(err, &network) && network.Timeout():
		e.What = "did not answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		e.What = "broke off the connection"
	default:
		e.What = "cannot be reached: check SMTP_URL"
	}
	return e
}

// enhanced is a code that says more, at the beginning of an answer. Source: RFC 2034; RFC 3463.
var enhanced = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// meanings are what enhanced codes say of one addressee or one message. Source: RFC 3463; RFC 7505.
var meanings = map[string]string{
	"5.1.1":  "it knows no such mailbox",
	"5.1.2":  "it knows no such domain",
	"5.1.3":  "the address is not one",
	"5.1.10": "the domain takes no mail",
	"5.2.1":  "the mailbox is switched off",
	"5.2.2":  "the mailbox is full",
	"5.2.3":  "the message is too long for the mailbox",
	"5.3.4":  "the message is too long",
	"5.7.1":  "it is not allowed to take it: check whether the account in SMTP_URL may write there",
}

// answered is the error of a server that says no. A code of 500 and more is for good. Source: RFC 5321, 4.2.1.
func answered(s step, answer *textproto.Error) *Error {
	more := enhanced.FindString(answer.Msg)
	e := &Error{Class: Retry, Code: answer.Code, What: strings.TrimSpace(fmt.Sprintf("says %d %s", answer.Code, more))}
	if answer.Code < 500 {
		return e
	}
	e.Class = s.refused
	switch meaning := meanings[more]; {
	case answer.Code == codeAuth:
		e.Class, e.What = Unusable, e.What+": it wants user and password in SMTP_URL"
	case meaning != "" && s.refused == Final:
		e.What += ": " + meaning
	default:
		e.What += ": " + s.what
	}
	return e
}
