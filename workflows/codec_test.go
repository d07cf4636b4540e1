package workflows_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"
)

// keysOf are keys of these ids, each made of its id alone.
func keysOf(t interface{ Fatal(...any) }, ids ...string) *secrets.Keys {
	var texts []string
	for _, id := range ids {
		texts = append(texts, id+":"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id, 32)[:32])))
	}
	keys, err := secrets.ParseKeys(strings.Join(texts, ","))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// anyPayload draws one, of any metadata.
func anyPayload(t *rapid.T) *commonpb.Payload {
	data := rapid.SliceOfN(rapid.Byte(), 0, 300)
	return &commonpb.Payload{
		Metadata: rapid.MapOfN(rapid.SampledFrom([]string{"encoding", "messageType", "encryption-key-id", "x"}), data, 0, 4).Draw(t, "metadata"),
		Data:     data.Draw(t, "data"),
	}
}

func TestWhateverPayloadIsSealedComesOutTheSame(t *testing.T) {
	codec := workflows.Codec(keysOf(t, "a", "b"))
	rapid.Check(t, func(t *rapid.T) {
		payloads := rapid.SliceOfN(rapid.Custom(anyPayload), 0, 3).Draw(t, "payloads")
		sealed, err := codec.Encode(payloads)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := codec.Decode(sealed)
		if err != nil || len(opened) != len(payloads) {
			t.Fatalf("%d payloads come out of %d (%v)", len(opened), len(payloads), err)
		}
		for i := range payloads {
			if !opened[i].Equal(payloads[i]) {
				t.Errorf("%v comes out as %v", payloads[i], opened[i])
			}
			if string(sealed[i].GetMetadata()["encryption-key-id"]) != "a" || len(payloads[i].GetData()) > 8 && bytes.Contains(sealed[i].GetData(), payloads[i].GetData()) {
				t.Errorf("%v is sealed as %v", payloads[i], sealed[i])
			}
		}
	})
}

func TestAPayloadInWhichAnyBitWasChangedIsRefused(t *testing.T) {
	converters := workflows.DataConverter(keysOf(t, "a", "b"))
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "value")
		sealed, err := converters.ToPayload(want)
		if err != nil {
			t.Fatal(err)
		}
		places := [][]byte{sealed.GetData(), sealed.GetMetadata()["encoding"], sealed.GetMetadata()["encryption-key-id"]}
		place := rapid.SampledFrom(places).Draw(t, "place")
		bit := rapid.IntRange(0, 8*len(place)-1).Draw(t, "bit")
		place[bit/8] ^= 1 << (bit % 8)
		var got string
		if err := converters.FromPayload(sealed, &got); err == nil {
			t.Errorf("it is read as %q", got)
		}
	})
}

func TestASealedPayloadIsNothingElse(t *testing.T) {
	keys := keysOf(t, "a")
	sealed, err := workflows.DataConverter(keys).ToPayload("one")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := keys.Open(sealed.GetData(), nil); !errors.Is(err, secrets.ErrBroken) {
		t.Errorf("it opens as %q (%v)", plain, err)
	}
	document, err := keys.Seal([]byte("one"), []byte("document-1"))
	if err != nil {
		t.Fatal(err)
	}
	sealed.Data = document
	var got string
	if err := workflows.DataConverter(keys).FromPayload(sealed, &got); !errors.Is(err, secrets.ErrBroken) {
		t.Errorf("a document is read as %q (%v)", got, err)
	}
}

func TestPayloadsAreReadByWhoKnowsTheirKey(t *testing.T) {
	for name, c := range map[string]struct {
		sealing, opening []string
		refused          []string // what the error names; none: it is read
	}{
		"nobody has a key":                      {nil, nil, nil},
		"a history is older than the key":       {nil, []string{"a"}, nil},
		"the same key":                          {[]string{"a"}, []string{"a"}, nil},
		"the new key is known, not yet used":    {[]string{"a"}, []string{"a", "b"}, nil},
		"the new key is used, the old one kept": {[]string{"a"}, []string{"b", "a"}, nil},
		"who knows the new key behind the old":  {[]string{"b", "a"}, []string{"a", "b"}, nil},
		"the old key went too early":            {[]string{"a"}, []string{"b"}, []string{"key a ", "add it", "RINGDOWN_PAYLOAD_KEY"}},
		"no key any more":                       {[]string{"a"}, nil, []string{"key a ", "set RINGDOWN_PAYLOAD_KEY"}},
	} {
		t.Run(name, func(t *testing.T) {
			payloads, err := workflows.DataConverter(keysOf(t, c.sealing...)).ToPayloads("one", models.Phone("+12025550123"))
			if err != nil {
				t.Fatal(err)
			}
			var (
				text  string
				phone models.Phone
			)
			err = workflows.DataConverter(keysOf(t, c.opening...)).FromPayloads(payloads, &text, &phone)
			if (err != nil) != (c.refused != nil) || err == nil && (text != "one" || phone != "+12025550123") {
				t.Fatalf("%q, %q (%v)", text, string(phone), err)
			}
			for _, want := range c.refused {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it says %v, want %s", err, want)
				}
			}
		})
	}
}

// Where some processes do not have the key yet, the others seal nothing and read what is sealed.
func TestKeysThatOnlyOpenSealNoPayload(t *testing.T) {
	keys := keysOf(t, "a")
	plain, err := workflows.DataConverter(keys.Opening()).ToPayload("one")
	if err != nil || workflows.Sealed(plain) {
		t.Errorf("it is %v (%v)", plain, err)
	}
	sealed, err := workflows.DataConverter(keys).ToPayload("one")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := workflows.DataConverter(keys.Opening()).FromPayload(sealed, &got); err != nil || got != "one" {
		t.Errorf("it reads %q (%v)", got, err)
	}
	if failure := workflows.FailureConverter(keys.Opening()).ErrorToFailure(errors.New("why")); failure.GetMessage() != "why" {
		t.Errorf("a failure says %v", failure)
	}
}

func TestAFailureSaysNothingToWhoHasNoKey(t *testing.T) {
	keys := keysOf(t, "a")
	cause := temporal.NewApplicationError("end the leg of Alice", "Refused", "her number")
	failure := workflows.FailureConverter(keys).ErrorToFailure(temporal.NewNonRetryableApplicationError("ring Alice", "Dial", cause))
	raw, err := failure.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Alice", "her number"} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("it says %s", secret)
		}
	}
	read := workflows.FailureConverter(keys).FailureToError(failure)
	var told *temporal.ApplicationError
	var details string
	if !errors.As(errors.Unwrap(read), &told) || told.Message() != "end the leg of Alice" || told.Details(&details) != nil || details != "her number" {
		t.Errorf("with the key it says %v (%q)", read, details)
	}
	plain := workflows.FailureConverter(nil).ErrorToFailure(cause)
	if plain.GetMessage() != "end the leg of Alice" || workflows.FailureConverter(keys).FailureToError(plain).Error() != cause.Error() {
		t.Errorf("a failure that is not sealed says %v", plain)
	}
}

// An error would end the run, or lose a signal that nobody tells twice.
func TestWithinARunAPayloadWithoutItsKeyFailsTheTaskAlone(t *testing.T) {
	sealed, err := workflows.DataConverter(keysOf(t, "a")).ToPayloads("one")
	if err != nil {
		t.Fatal(err)
	}
	panics := func(keys *secrets.Keys) (with any) {
		defer func() { with = recover() }()
		within := workflows.DataConverter(keys).(workflow.ContextAware).WithWorkflowContext(nil)
		var got string
		if err := within.FromPayloads(sealed, &got); err != nil || got != "one" {
			t.Errorf("it is %q (%v)", got, err)
		}
		if err := within.FromPayload(sealed.GetPayloads()[0], &got); err != nil {
			t.Error(err)
		}
		var number int
		if err := within.FromPayloads(sealed, &number); err == nil {
			t.Error("a text is read as a number")
		}
		return nil
	}
	if with := panics(keysOf(t, "a")); with != nil {
		t.Errorf("with the key it panics: %v", with)
	}
	for _, keys := range []*secrets.Keys{keysOf(t, "b"), nil} {
		if with, _ := panics(keys).(error); with == nil || !strings.Contains(with.Error(), "key a ") {
			t.Errorf("without the key it panics with %v", with)
		}
	}
}

func TestHistoriesReplayWhenTheyAreSealed(t *testing.T) {
	files, err := filepath.Glob("testdata/history/v0.3.0/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories (%v)", err)
	}
	for _, file := range files {
		h := recorded(t, file)
		sealHistory(t, h, keysOf(t, "old"))
		if err := replay(t, h, keysOf(t, "new", "old")); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := replay(t, h, keysOf(t, "new")); err == nil || !strings.Contains(err.Error(), "key old ") {
			t.Errorf("%s: without its key it replays, or fails with %v", file, err)
		}
	}
}

// sealHistory seals what can be sealed of a history.
func sealHistory(t *testing.T, h *history.History, keys *secrets.Keys) {
	t.Helper()
	codec := workflows.Codec(keys)
	err := proxy.VisitPayloads(t.Context(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return codec.Encode(p)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSeal10KB prints how long it takes to seal and to open a payload of 10 KB, in microseconds each.
func BenchmarkSeal10KB(b *testing.B) {
	codec := workflows.Codec(keysOf(b, "2026-03"))
	plain := []*commonpb.Payload{{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)}, Data: bytes.Repeat([]byte("0123456789"), 1000),
	}}
	sealed, err := codec.Encode(plain)
	if err != nil {
		b.Fatal(err)
	}
	for name, work := range map[string]func() ([]*commonpb.Payload, error){
		"seal": func() ([]*commonpb.Payload, error) { return codec.Encode(plain) },
		"open": func() ([]*commonpb.Payload, error) { return codec.Decode(sealed) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := work(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "µs/payload")
		})
	}
}
