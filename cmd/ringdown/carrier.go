package main

import (
	"context"
	"fmt"
	"io"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
)

// seedOnce seeds the demo where the database is empty, and it is wanted.
func seedOnce(ctx context.Context, s *store.Store, noDemo bool) error {
	empty, err := s.Empty(ctx)
	if err != nil || !empty || noDemo {
		return err
	}
	if err := seedDemo(ctx, s); err != nil {
		return fmt.Errorf("seed the demo: %w", err)
	}
	return nil
}

// tellCarrier tells the simulated carrier, which forgets everything when it stops, which numbers we own and whose its
// phones are.
func tellCarrier(ctx context.Context, s *store.Store, carrierURL, publicURL, fallbackURL string) error {
	numbers, err := allNumbers(ctx, s)
	if err != nil {
		return err
	}
	carrier := simulator.Client{BaseURL: carrierURL}
	for _, spare := range spareNumbers {
		numbers = append(numbers, models.PhoneNumber{Number: spare, Name: "not imported yet"})
	}
	for _, n := range numbers {
		hooks := twilio.WebhooksAt(publicURL, models.EmergencyURL(fallbackURL, n.ID))
		if err := carrier.PutNumber(ctx, simulator.Number{
			Phone: string(n.Number), FriendlyName: n.Name, SID: n.CarrierID,
			VoiceURL: hooks.Voice, StatusCallback: hooks.Status,
			VoiceFallbackURL: hooks.Fallback, VoiceFallbackMethod: hooks.FallbackMethod,
		}); err != nil {
			return fmt.Errorf("tell the simulated carrier of our numbers: %w", err)
		}
	}
	return namePhones(ctx, &carrier, s)
}

// namePhones tells the simulated carrier whose its phones are, so that its page can say so.
func namePhones(ctx context.Context, carrier *simulator.Client, s *store.Store) error {
	users, _, err := s.Users(ctx, storePage)
	if err != nil {
		return err
	}
	for _, u := range users {
		for _, phone := range u.Phones {
			if err := carrier.PutName(ctx, string(phone.Number), u.Name+"’s "+phone.Label); err != nil {
				return fmt.Errorf("tell the simulated carrier whose phones are whose: %w", err)
			}
		}
	}
	return nil
}

// listNumbers adds a row to a table for each number that has a route.
func listNumbers(ctx context.Context, table io.Writer, s *store.Store) error {
	routes, _, err := s.Routes(ctx, storePage)
	if err != nil {
		return err
	}
	numbers, err := allNumbers(ctx, s)
	if err != nil {
		return err
	}
	for _, route := range routes {
		for _, n := range numbers {
			if n.ID == route.PhoneNumberID {
				_, _ = fmt.Fprintf(table, "Number\t%s\t%s\n", string(n.Number), route.Name)
			}
		}
	}
	return nil
}
