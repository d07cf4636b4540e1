package twilio

import (
	"errors"
	"net/http"
	"slices"

	"github.com/ringdown/ringdown/models"
)

const (
	unknownAddress = "The carrier cannot find this address. Check how it is spelt, and write it as the post does."
	abroad         = "The carrier sells such a number only with an address in its country."
	unlike         = "What was typed is not what the document says. Make both say the same."
	outdated       = "This document is too old, or not valid any more. Upload a current one."
	closed         = "By this document, the business is not active. Upload one that shows that it is."
)

// formFaults are the codes that speak against what a requester has typed or uploaded: where in the form that is, and what
// to do. documents stands for whichever was handed in. Source: Twilio's error dictionary; from 18001 to 18062 those of
// its review.
var formFaults = map[int]models.CarrierReason{
	18001: {Field: "documents", Text: "This document is none of those that are accepted. Upload one that the form names."},
	18002: {Field: "documents", Text: "This document cannot be read. Upload a sharp copy."},
	18003: {Field: "documents", Text: outdated},
	18004: {Field: "documents", Text: "Something in this document is blacked out. Upload it as it is."},
	18006: {Field: "documents", Text: unlike},
	18007: {Field: "documents", Text: "A part of this document is missing. Upload all of its pages."},
	18008: {Field: "documents", Text: unlike},
	18010: {Field: "person", Text: "The registration number of the business is not what the document says. Make both say the same."},
	18011: {Field: "person", Text: "The name of the business is not what the document says. Make both say the same."},
	18012: {Field: "address", Text: abroad},
	18014: {Field: "address", Text: "This address is wrong, or not complete. Write it as the post does."},
	18016: {Field: "address", Text: "This address is not what the document says. Make both say the same."},
	18017: {Field: "address", Text: unknownAddress},
	18018: {Field: "address", Text: "A post box is no address. Give a street and the number of a house."},
	18021: {Field: "documents", Text: unlike},
	18022: {Field: "documents", Text: outdated},
	18023: {Field: "documents", Text: closed},
	18024: {Field: "documents", Text: badFile},
	18039: {Field: "address", Text: abroad},
	18061: {Field: "documents", Text: outdated},
	18062: {Field: "person", Text: "The carrier finds no active business of this name and number. Check both."},
	21613: {Field: "address", Text: "The carrier sells this number only with an address of whoever uses it."},
	21615: {Field: "address", Text: "The carrier sells this number only with an address in its town or region."},
	21628: {Field: "address", Text: unknownAddress},
	21629: {Field: "address", Text: "The carrier knows an address that is much like this one. Check how it is spelt, and write it as the post does."},
	21631: {Field: "address", Text: "The carrier sells this number only with an address that fits it: in its country, some in its town or region."},
	21651: {Field: "documents", Text: "This document does not prove what it should for this number. Upload one that the form names."},
	22104: {Field: "email", Text: "The carrier does not take this e-mail address. Write it as in name@example.com."},
}

// badFile says what a file must be. Twilio documents no limit for it; 5 MB is what is known of it. Ours is higher, so that
// the refusal has to say it.
const badFile = "The carrier does not take this file: it must be a PDF, JPEG or PNG that can be opened, of 5 MB at most. Upload another."

// badFiles are the codes of an upload that speak against the file. Source: Twilio's error dictionary.
var badFiles = []int{12300, 12301, 20001}

// FormFault is the field of the form that an error speaks against, and words of what to do; documents stands for
// whichever was handed in. ok is false when it is not known that the requester could mend it.
func FormFault(err error) (field, text string, ok bool) {
	var carrier *CarrierError
	if !errors.As(err, &carrier) || carrier.Class != Refused {
		return "", "", false
	}
	if carrier.Op == opUpload && (carrier.Status == http.StatusRequestEntityTooLarge || slices.Contains(badFiles, carrier.Code)) {
		return "documents", badFile, true
	}
	fault, ok := formFaults[carrier.Code]
	return fault.Field, fault.Text, ok
}
