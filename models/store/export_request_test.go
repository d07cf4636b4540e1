package store

// What the tables of requests and documents hold.
var (
	NumberRequestRow = &numberRequest{}
	DocumentRow      = &document{}
)

// Finals are the states that do not count against an allotment.
var Finals = finals
