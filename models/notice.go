package models

import "time"

// Notice is what somebody is told of a request, by e-mail and in Slack where these are set up. It is kept and
// shown in any case.
type Notice struct {
	ID        string     `json:"id" gorm:"primaryKey"`
	RequestID string     `json:"number_request_id"`
	Key       string     `json:"-"`                           // tells the notices of one request apart
	To        Party      `json:"to" gorm:"column:told_party"` // PartyRequester or PartyReviewer
	Email     string     `json:"email"`                       // the requester's; empty for reviewers, whose addresses are a setting
	Assignee  string     `json:"assignee"`                    // the id of the user whom it concerns among reviewers; empty: all
	Subject   string     `json:"subject"`
	Text      string     `json:"text"`
	MailedAt  *time.Time `json:"mailed_at"`
	SlackedAt *time.Time `json:"slacked_at"`
	GivenUpAt *time.Time `json:"given_up_at"` // it was tried for a day; LastError says why
	LastError string     `json:"last_error"`
	CreatedAt time.Time  `json:"created_at"`
}
