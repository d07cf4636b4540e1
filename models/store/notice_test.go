package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestANoticeIsToldOnceByEachWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		asked(t, s, "r1")
		n := must[[]models.Notice](t)(s.UnsentNotices(ctx, "r1"))[0]
		read := func() models.Notice {
			all, _, err := s.Notices(ctx, store.NoticeFilter{}, store.Page{})
			at := slices.IndexFunc(all, func(other models.Notice) bool { return other.ID == n.ID })
			if err != nil || at < 0 {
				t.Fatal(all, err)
			}
			return all[at]
		}
		same(t, n, read())
		if n.MailedAt != nil || n.SlackedAt != nil || n.GivenUpAt != nil || n.Email != "desk@example.com" || !n.CreatedAt.Equal(noon) {
			t.Errorf("it begins as %+v", n)
		}
		for i := range 2 { // the first time stands
			for way, at := range map[string]time.Time{"mail": noon.Add(time.Minute), "slack": noon.Add(time.Hour)} {
				if err := s.NoticeTold(ctx, n.ID, way, at.Add(time.Duration(i)*time.Second)); err != nil {
					t.Fatal(err)
				}
			}
		}
		mailed, slacked := noon.Add(time.Minute), noon.Add(time.Hour)
		n.MailedAt, n.SlackedAt = &mailed, &slacked
		same(t, n, read())

		if err := s.NoticeFailed(ctx, n.ID, "away\x00", false); err != nil {
			t.Fatal(err)
		}
		n.LastError = "away"
		same(t, n, read())
		for range 2 {
			if err := s.NoticeFailed(ctx, n.ID, "refused", true); err != nil {
				t.Fatal(err)
			}
			got := read()
			if got.GivenUpAt == nil || n.GivenUpAt != nil && !n.GivenUpAt.Equal(*got.GivenUpAt) {
				t.Fatalf("given up at %v, then %v", n.GivenUpAt, got.GivenUpAt)
			}
			n.GivenUpAt, n.LastError = got.GivenUpAt, "refused"
			same(t, n, got)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if err := s.NoticeTold(ctx, missing, "mail", noon); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("told %q: %v", missing, err)
			}
			if err := s.NoticeFailed(ctx, missing, "", false); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("failed %q: %v", missing, err)
			}
		}
		if s.NoticeTold(ctx, n.ID, "pigeon", noon) == nil {
			t.Error("a pigeon told it")
		}
	})
}

func TestANoticeOfNoRequestIsAddedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		asked(t, s, "r1")
		for _, key := range []string{"drift/n1", "drift/n1", "drift/n2"} {
			if err := s.AddNotice(ctx, models.Notice{Key: key, To: models.PartyReviewer, Subject: "Support\x00", CreatedAt: noon}); err != nil {
				t.Fatal(err)
			}
		}
		unsent := must[[]models.Notice](t)(s.UnsentNotices(ctx, ""))
		if len(unsent) != 2 || unsent[0].Key != "drift/n1" || unsent[1].Key != "drift/n2" || unsent[0].Subject != "Support" {
			t.Errorf("unsent are %+v", unsent)
		}
	})
}

func TestNoticesAreNarrowedByRequestPartyAndRequester(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		mine := asked(t, s, "r1")
		theirs := wish("r2", 1)
		theirs.Requester = models.Actor{Name: "The first key"} // of the environment, whose id is empty
		theirs = must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, theirs, 0))
		told := func(id string, to models.Party) bool { return true }
		key, none, never := requester.KeyID, "", "a\x00b"
		for name, c := range map[string]struct {
			filter store.NoticeFilter
			want   func(id string, to models.Party) bool
		}{
			"all":                   {store.NoticeFilter{}, told},
			"of a request":          {store.NoticeFilter{RequestID: "r1"}, func(id string, _ models.Party) bool { return id == "r1" }},
			"to reviewers":          {store.NoticeFilter{To: models.PartyReviewer}, func(_ string, to models.Party) bool { return to == models.PartyReviewer }},
			"of a key":              {store.NoticeFilter{RequesterKeyID: &key}, func(id string, _ models.Party) bool { return id == "r1" }},
			"of the first key":      {store.NoticeFilter{RequesterKeyID: &none}, func(id string, _ models.Party) bool { return id == "r2" }},
			"of no key":             {store.NoticeFilter{RequesterKeyID: &never}, func(string, models.Party) bool { return false }},
			"of a key, to another":  {store.NoticeFilter{RequesterKeyID: &key, RequestID: "r2"}, func(string, models.Party) bool { return false }},
			"of nothing on record":  {store.NoticeFilter{RequestID: "a\x00b"}, func(string, models.Party) bool { return false }},
			"to a requester, of r1": {store.NoticeFilter{RequestID: "r1", To: models.PartyRequester}, func(id string, to models.Party) bool { return id == "r1" && to == models.PartyRequester }},
		} {
			var want, got []string
			for _, n := range slices.Concat(mine.Notices(), theirs.Notices()) {
				if c.want(n.RequestID, n.To) {
					want = append(want, n.RequestID+" "+n.Key)
				}
			}
			for page := (store.Page{Limit: 1}); ; {
				notices, next, err := s.Notices(ctx, c.filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range notices {
					got = append(got, n.RequestID+" "+n.Key)
				}
				if page.Cursor = next; next == "" {
					break
				}
			}
			slices.Reverse(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if unsent, err := s.UnsentNotices(ctx, "a\x00b"); err != nil || len(unsent) != 0 {
			t.Error(unsent, err)
		}
	})
}
