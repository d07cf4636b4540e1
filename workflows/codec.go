package workflows

import (
	"context"
	"errors"

	"github.com/ringdown/ringdown/secrets"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// What a sealed payload says of itself, for all to read.
const (
	sealedEncoding = "binary/encrypted"  // its encoding
	keyIDField     = "encryption-key-id" // the id of the key that opens it
)

// aPayload is what payloads are sealed about: they open as nothing else, and nothing else opens as one. It names no run,
// because payloads move between runs with what they tell.
var aPayload = []byte("payload of a run")

// Codec seals payloads, and opens those that are sealed. Others are left as they are: histories are older than the first
// key. Without a key that seals it seals nothing. Its errors are those of secrets.Keys.
func Codec(keys *secrets.Keys) converter.PayloadCodec { return codec{keys} }

type codec struct{ keys *secrets.Keys }

// Encode seals payloads, their metadata too.
func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.keys.Seals() {
		return payloads, nil
	}
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := payload.Marshal()
		if err != nil {
			return nil, err
		}
		data, err := c.keys.Seal(plain, aPayload)
		if err != nil {
			return nil, err
		}
		id, err := secrets.KeyOf(data)
		if err != nil {
			return nil, err
		}
		sealed[i] = &commonpb.Payload{Data: data, Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(sealedEncoding), keyIDField: []byte(id),
		}}
	}
	return sealed, nil
}

// Decode opens payloads.
func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if opened[i] = payload; !Sealed(payload) {
			continue
		}
		plain, err := c.open(payload)
		if err != nil {
			return nil, err
		}
		opened[i] = plain
	}
	return opened, nil
}

// open opens a payload that is sealed, and has nothing added to it.
func (c codec) open(payload *commonpb.Payload) (*commonpb.Payload, error) {
	id, err := secrets.KeyOf(payload.GetData())
	if err != nil {
		return nil, err
	}
	if len(payload.GetMetadata()) != 2 || string(payload.GetMetadata()[keyIDField]) != id || len(payload.GetExternalPayloads()) > 0 {
		return nil, secrets.ErrBroken
	}
	plain, err := c.keys.Open(payload.GetData(), aPayload)
	if err != nil {
		return nil, err
	}
	opened := &commonpb.Payload{}
	if err := opened.Unmarshal(plain); err != nil {
		return nil, errors.Join(secrets.ErrBroken, err)
	}
	return opened, nil
}

// Sealed says whether a payload is sealed.
func Sealed(payload *commonpb.Payload) bool {
	return string(payload.GetMetadata()[converter.MetadataEncoding]) == sealedEncoding
}

// everywhere is the converter of clients, activities and runs.
type everywhere struct{ converter.DataConverter }

// WithWorkflowContext is the converter within a run.
func (c everywhere) WithWorkflowContext(workflow.Context) converter.DataConverter { return inRun(c) }

// WithContext is the converter elsewhere.
func (c everywhere) WithContext(context.Context) converter.DataConverter { return c }

// inRun is the converter within a run. What it cannot open makes it panic, which fails the task and not the run: Temporal
// gives it again, until a worker has the key. An error would end the run, or lose a signal.
type inRun struct{ converter.DataConverter }

// FromPayload reads a value.
func (c inRun) FromPayload(payload *commonpb.Payload, to any) error {
	return unlessClosed(c.DataConverter.FromPayload(payload, to))
}

// FromPayloads reads values.
func (c inRun) FromPayloads(payloads *commonpb.Payloads, to ...any) error {
	return unlessClosed(c.DataConverter.FromPayloads(payloads, to...))
}

func unlessClosed(err error) error {
	if errors.Is(err, secrets.ErrUnknownKey) || errors.Is(err, secrets.ErrNoKey) || errors.Is(err, secrets.ErrBroken) {
		panic(err)
	}
	return err
}
