package models

import "time"

// Reading is what the audit list says of somebody who reads sealed histories, or seals what is to stand in them.
type Reading struct {
	Payloads int       `json:"payloads"` // how many were opened or sealed; one is, as an example, what a call was started with
	Requests int       `json:"requests"` // in how many requests
	Last     time.Time `json:"last"`     // when the last of them came
}
