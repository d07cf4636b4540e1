package simulator

import (
	"net/http"
	"slices"
)

// accounts is where the resources of accounts begin.
const accounts = "/" + apiVersion + "/Accounts/"

// operation is something that REST is asked to do. Its name is that of Twilio's description, and faults can go by it.
type operation struct {
	name, pattern string
	answer        answer
}

// restRoutes serves all that Twilio has on its several hosts.
func (c *Carrier) restRoutes(mux *http.ServeMux) {
	api := http.NewServeMux()
	names := map[string]string{}
	for _, o := range slices.Concat(
		c.callOperations(), c.numberOperations(), c.addressOperations(), regulationOperations(), c.paperOperations(),
		c.bundleOperations(),
	) {
		api.HandleFunc(o.pattern, func(w http.ResponseWriter, r *http.Request) { serve(w, r, o.answer) })
		names[o.pattern] = o.name
	}
	const sound = "GET " + accounts + "{account}/Recordings/{file}"
	api.HandleFunc(sound, c.getRecording)
	names[sound] = "FetchRecording"
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { write(w, 404, notFound(r)) })
	nameOf := func(r *http.Request) string {
		_, pattern := api.Handler(r)
		return names[pattern]
	}
	all := c.faulty(nameOf, c.authenticated(api))
	for _, path := range []string{"/" + apiVersion + "/", "/v1/", "/v2/"} {
		mux.Handle(path, all)
	}
}

// callOperations are those of calls and what comes of them.
func (c *Carrier) callOperations() []operation {
	const own = accounts + "{account}"
	return []operation{
		{"FetchAccount", "GET " + accounts + "{file}", c.getAccount},
		{"CreateCall", "POST " + own + "/Calls.json", c.createCall},
		{"ListCall", "GET " + own + "/Calls.json", c.listCalls},
		{"FetchCall", "GET " + own + "/Calls/{file}", c.getCall},
		{"UpdateCall", "POST " + own + "/Calls/{file}", c.updateCall},
		{"ListConference", "GET " + own + "/Conferences.json", c.listRooms},
		{"FetchConference", "GET " + own + "/Conferences/{file}", c.getRoom},
		{"UpdateConference", "POST " + own + "/Conferences/{file}", c.updateRoom},
		{"ListParticipant", "GET " + own + "/Conferences/{room}/Participants.json", c.listMembers},
		{"ListRecording", "GET " + own + "/Recordings.json", c.listRecordings},
		{"ListCallRecording", "GET " + own + "/Calls/{call}/Recordings.json", c.listRecordings},
		{"ListRecordingTranscription", "GET " + own + "/Recordings/{recording}/Transcriptions.json", c.listTranscripts},
		{"FetchRecordingTranscription", "GET " + own + "/Recordings/{recording}/Transcriptions/{file}", c.getTranscript},
		{"FetchTranscription", "GET " + own + "/Transcriptions/{file}", c.getTranscript},
		{"DeleteRecording", "DELETE " + own + "/Recordings/{file}", c.deleteRecording},
		{"DeleteRecordingTranscription", "DELETE " + own + "/Recordings/{recording}/Transcriptions/{file}", c.deleteTranscript},
		{"DeleteTranscription", "DELETE " + own + "/Transcriptions/{file}", c.deleteTranscript},
	}
}

// numberOperations are those of numbers: for sale, with their prices, and owned.
func (c *Carrier) numberOperations() []operation {
	const own = accounts + "{account}"
	all := []operation{
		{"ListAvailablePhoneNumberCountry", "GET " + own + "/AvailablePhoneNumbers.json", c.listSaleCountries},
		{"FetchAvailablePhoneNumberCountry", "GET " + own + "/AvailablePhoneNumbers/{file}", c.getSaleCountry},
		{"ListPhoneNumberCountry", "GET " + priceList, listPriceCountries},
		{"FetchPhoneNumberCountry", "GET " + priceList + "/{file}", getPriceCountry},
		{"CreateIncomingPhoneNumber", "POST " + own + "/IncomingPhoneNumbers.json", c.buyNumber},
		{"ListIncomingPhoneNumber", "GET " + own + "/IncomingPhoneNumbers.json", c.listNumbers},
		{"FetchIncomingPhoneNumber", "GET " + own + "/IncomingPhoneNumbers/{file}", c.getNumber},
		{"UpdateIncomingPhoneNumber", "POST " + own + "/IncomingPhoneNumbers/{file}", c.updateNumber},
		{"DeleteIncomingPhoneNumber", "DELETE " + own + "/IncomingPhoneNumbers/{file}", c.deleteNumber},
	}
	for _, t := range numberTypes {
		path := "GET " + own + "/AvailablePhoneNumbers/{country}/" + t.path + ".json"
		all = append(all, operation{"ListAvailablePhoneNumber" + t.path, path, c.search(t)})
	}
	return all
}
