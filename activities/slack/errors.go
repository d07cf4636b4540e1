package slack

import (
	"errors"
	"time"
)

// Class says what may help against an error.
type Class string

// The classes of errors.
const (
	Retry    Class = "retry"    // it may work again soon; whether Slack has acted is not known
	Final    Class = "final"    // Slack will not do this one thing
	Unusable Class = "unusable" // Slack will do nothing until an operator acts
)

// Error is a request that failed. Its text is for people: it says what to do, and holds no secret.
type Error struct {
	Op         string // as in: open the channel
	Class      Class
	Code       string        // Slack's word for it; empty when it gave none
	RetryAfter time.Duration // how long Slack asks to be left alone, having done nothing; zero when it does not
	What       string        // is wrong and what to do
}

func (e *Error) Error() string { return e.Op + ": " + e.What }

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

// CodeOf is Slack's word in err, empty when err holds none.
func CodeOf(err error) string {
	if failed := ErrorIn(err); failed != nil {
		return failed.Code
	}
	return ""
}

// Words of Slack's that are told apart.
const (
	codeNameTaken      = "name_taken"
	codeMissingScope   = "missing_scope"
	codeAlreadyThere   = "already_in_channel"
	codeInviteSelf     = "cant_invite_self"
	codeUserNotFound   = "user_not_found"
	codeUsersNotFound  = "users_not_found"
	codeThreadNotFound = "thread_not_found"
	codeNotInChannel   = "not_in_channel"

	// CodeMessageNotFound says that a message is not there any more.
	CodeMessageNotFound = "message_not_found"
)

// busy are words for too many requests. Source: Slack, rate limits; chat.postMessage, errors.
var busy = map[string]bool{"ratelimited": true, "rate_limited": true, "message_limit_exceeded": true}

// passing are words for troubles of Slack's own. Source: Slack, the errors of its methods.
var passing = map[string]bool{
	"internal_error": true, "fatal_error": true, "request_timeout": true, "service_unavailable": true, "team_added_to_org": true,
	"update_failed": true, "external_channel_migrating": true,
}

// remedies say what to do. Those of class Unusable concern everything that is asked of Slack.
var remedies = map[string]struct {
	class Class
	what  string
}{
	"not_authed":         {Unusable, "set SLACK_BOT_TOKEN to the token of the app's bot, as in xoxb-…"},
	"invalid_auth":       {Unusable, "set SLACK_BOT_TOKEN to the token of the app's bot, as in xoxb-…"},
	"token_expired":      {Unusable, "set SLACK_BOT_TOKEN to a token of the app's bot that does not expire"},
	"token_revoked":      {Unusable, "install the app in the workspace again, and set SLACK_BOT_TOKEN to its new token"},
	"account_inactive":   {Unusable, "install the app in the workspace again, and set SLACK_BOT_TOKEN to its new token"},
	"access_denied":      {Unusable, "an admin of the workspace must let the app in"},
	"org_login_required": {Unusable, "the workspace is moving to another organisation: set SLACK_BOT_TOKEN to a new token when it has"},

	"not_allowed_token_type": {Final, "set SLACK_BOT_TOKEN to the token of the app's bot, as in xoxb-…, not to another of its tokens"},
	"channel_not_found":      {Final, "the channel is gone, or hidden from the app"},
	"is_archived":            {Final, "the channel is archived: unarchive it to go on there"},
	"is_inactive":            {Final, "the channel is archived: unarchive it to go on there"},
	codeNotInChannel:         {Final, "the app is not in the channel, or has left it: add it"},
	"restricted_action":      {Final, "an admin of the workspace must let apps do this"},
	"no_permission":          {Final, "an admin of the workspace must let apps do this"},
	"ekm_access_denied":      {Final, "admins of the workspace have suspended posting"},
	"cant_invite":            {Final, "this person cannot be in the channel"},
	"user_is_restricted": {
		Final, "this person is a guest: an admin of the workspace must let them into channels"},
	"ura_max_channels":         {Final, "this person is a guest of one channel, and in another already"},
	"org_user_not_in_team":     {Final, "this person is not in the app's workspace: add them there"},
	"invitee_cant_see_channel": {Final, "this person is not in the app's workspace: add them there"},
}

func classOf(code string) Class {
	if passing[code] {
		return Retry
	}
	if known, ok := remedies[code]; ok {
		return known.class
	}
	return Final
}

// meaning is what Slack says and what to do.
func meaning(o op, code string) string {
	said := "Slack says " + code
	switch known, ok := remedies[code]; {
	case code == codeMissingScope && o.scope != "":
		return said + ": add the bot scope " + o.scope + " to the app, and install it in the workspace again"
	case ok:
		return said + ": " + known.what
	default:
		return said
	}
}
