package simulator

// office is where numbers are sold and paperwork is kept. Its fields need Carrier.mu. Lists are oldest first.
type office struct {
	sold map[string]bool // numbers that somebody else has bought
	away int             // how many of the next purchases come too late

	addresses []*postalAddress
	papers    []*paper
	bundles   []*bundle
	ledger    Ledger

	review      Review
	nextReviews map[string][]Review // by country
}

func newOffice() office { return office{sold: map[string]bool{}, nextReviews: map[string][]Review{}} }
