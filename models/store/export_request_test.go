package store

// What the tables of requests and documents hold.
var (
	NumberRequestRow = &numberRequest{}
	DocumentRow      = &document{}
	PhoneNumberRow   = &phoneNumber{}
)

// Finals are the states that do not count against an allotment.
var Finals = finals
