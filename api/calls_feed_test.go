package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestAListenerHearsOfLiveCalls(t *testing.T) {
	onFeed(t, "from arrival to end", func(ft *feedTest) {
		ft.records(endedCall("9", ft.now.Add(-time.Hour), ft.now.Add(-time.Second), models.Connected),
			liveCall("2", ft.now.Add(-time.Second)), liveCall("1", ft.now.Add(-time.Minute)))
		ft.temporal.at(sidOf("1"), models.StageTalking)
		s := ft.connects("")
		if kind := s.answer.Header.Get("Content-Type"); s.answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
			ft.Errorf("%d, %s", s.answer.StatusCode, kind)
		}
		s.are("snapshot call-1 talking", "snapshot call-2 arriving", `ready {"live":2}`)
		aLook()
		s.are()
		ft.records(liveCall("3", time.Now()))
		aLook()
		s.are("arrived call-3 arriving")
		ft.temporal.at(sidOf("3"), models.StageHunting)
		aLook()
		s.are("changed call-3 hunting")
		ft.records(endedCall("3", ft.now, time.Now(), models.Unanswered))
		aLook()
		s.are("ended call-3 ended unanswered")
		ft.records(endedCall("3", ft.now, time.Now(), models.Voicemailed)) // the message has been recorded
		aLook()
		s.are("ended call-3 ended voicemail")
		time.Sleep(5 * time.Second)
		s.are()
	})
	onFeed(t, "a call that came and ended between two looks", func(ft *feedTest) {
		s := ft.connects("")
		s.are(`ready {"live":0}`)
		ft.records(endedCall("1", time.Now(), time.Now(), models.Refused))
		aLook()
		s.are("ended call-1 ended refused")
	})
	onFeed(t, "a call whose record comes long after its end", func(ft *feedTest) {
		ft.records(liveCall("1", ft.now.Add(-time.Hour)))
		s := ft.connects("")
		s.are("snapshot call-1 arriving", `ready {"live":1}`)
		ft.records(endedCall("1", ft.now, ft.now.Add(-10*time.Minute), models.Connected))
		aLook()
		s.are("ended call-1 ended connected")
		aLook()
		s.are()
	})
	onFeed(t, "a call that is diverted", func(ft *feedTest) {
		ft.records(liveCall("1", ft.now))
		s := ft.connects("")
		s.heard()
		if claimed, err := ft.store.Divert(context.Background(), sidOf("1"), time.Now()); !claimed || err != nil {
			ft.Fatal(claimed, err)
		}
		aLook()
		s.are("changed call-1 arriving")
	})
	onFeed(t, "while Temporal is away", func(ft *feedTest) {
		ft.records(liveCall("1", ft.now))
		ft.temporal.at(sidOf("1"), models.StageHunting)
		s := ft.connects("")
		s.are("snapshot call-1 hunting", `ready {"live":1}`)
		ft.temporal.mu.Lock()
		ft.temporal.fails = errAway
		ft.temporal.mu.Unlock()
		ft.records(liveCall("2", ft.now))
		aLook()
		s.are("arrived call-2 arriving") // and the stage of the first stays
		time.Sleep(5 * time.Second)
		if n := strings.Count(ft.log.String(), stagesUnknown); n != 1 {
			ft.Errorf("logged %d times: %s", n, ft.log)
		}
	})
}

func TestAListenerWhoComesBackHearsWhatEnded(t *testing.T) {
	onFeed(t, "since the last event", func(ft *feedTest) {
		ft.records(endedCall("8", ft.now, ft.now.Add(-3*time.Minute), models.Abandoned), liveCall("1", ft.now), liveCall("2", ft.now.Add(time.Millisecond)))
		s := ft.connects("")
		s.are("snapshot call-1 arriving", "snapshot call-2 arriving", `ready {"live":2}`)
		s.leaves()
		s.are("the end")
		time.Sleep(10 * time.Minute)
		ft.records(endedCall("2", ft.now, time.Now().Add(-time.Minute), models.Connected))
		ft.records(endedCall("3", ft.now, time.Now().Add(-2*time.Minute), models.Refused), liveCall("4", time.Now()))
		back := ft.connects(s.lastID)
		back.are("ended call-3 ended refused", "ended call-2 ended connected",
			"snapshot call-1 arriving", "snapshot call-4 arriving", `ready {"live":2}`)
		again := ft.connects(back.lastID)
		again.are("ended call-2 ended connected", "snapshot call-1 arriving", "snapshot call-4 arriving", `ready {"live":2}`)
		time.Sleep(2 * time.Hour)
		late := ft.connects(back.lastID)
		late.are("snapshot call-1 arriving", "snapshot call-4 arriving", `ready {"live":2}`)
		for _, foreign := range []string{"-1", "0", "abc", "99999999999999999999", "9223372036854775807"} {
			s := ft.connects(foreign)
			s.are("snapshot call-1 arriving", "snapshot call-4 arriving", `ready {"live":2}`)
			s.leaves()
		}
	})
}

func TestAQuietStreamBeatsAndIsOverInTheEnd(t *testing.T) {
	onFeed(t, "nothing happens", func(ft *feedTest) {
		s := ft.connects("")
		s.are(`ready {"live":0}`)
		time.Sleep(beatEvery - time.Second)
		s.are()
		time.Sleep(2 * time.Second)
		s.are("still here")
		time.Sleep(3 * beatEvery)
		s.are("still here", "still here", "still here")
		time.Sleep(streamFor)
		if got := s.heard(); !strings.HasSuffix(got, "still here\nthe end") {
			ft.Errorf("heard %s", got)
		}
	})
}

func TestAllWhoListenShareOneLook(t *testing.T) {
	onFeed(t, "ten listeners", func(ft *feedTest) {
		var all []*stream
		for range 10 {
			all = append(all, ft.connects(""))
		}
		synctest.Wait()
		before := ft.temporal.asked()
		time.Sleep(10*feedEvery + feedEvery/2)
		if looks := ft.temporal.asked() - before; looks < 9 || looks > 11 {
			ft.Errorf("ten listeners cost %d looks in ten seconds", looks)
		}
		for _, s := range all {
			s.are(`ready {"live":0}`)
			s.leaves()
		}
		synctest.Wait()
		before = ft.temporal.asked()
		time.Sleep(time.Minute)
		if looks := ft.temporal.asked() - before; looks > 0 {
			ft.Errorf("nobody listened, and it looked %d times", looks)
		}
		ft.records(liveCall("1", time.Now()))
		ft.connects("").are("snapshot call-1 arriving", `ready {"live":1}`)
	})
	onFeed(t, "two processes on one database", func(ft *feedTest) {
		other := newFeed(ft.store, &runs{temporal: ft.temporal}, slog.New(slog.DiscardHandler), time.Now)
		l, err := other.join()
		if err != nil {
			ft.Fatal(err)
		}
		s := ft.connects("")
		s.heard()
		<-l.events
		ft.records(liveCall("1", time.Now()))
		aLook()
		s.are("arrived call-1 arriving")
		if batch := <-l.events; len(batch) != 1 || batch[0].name != eventArrived {
			ft.Errorf("the other heard %v", batch)
		}
		other.leave(l)
		other.leave(l) // harmless
	})
}

func TestOnlySoManyMayListen(t *testing.T) {
	onFeed(t, "one too many", func(ft *feedTest) {
		first := ft.connects("")
		for range mostListeners - 1 {
			ft.connects("")
		}
		refused := ft.connects("")
		if refused.answer.StatusCode != http.StatusServiceUnavailable || refused.answer.Header.Get("Content-Type") != "application/problem+json" {
			ft.Errorf("answered %d", refused.answer.StatusCode)
		}
		first.leaves()
		synctest.Wait()
		ft.connects("").are(`ready {"live":0}`)
	})
}

func TestWhoDoesNotKeepUpIsDropped(t *testing.T) {
	onFeed(t, "a client that does not read", func(ft *feedTest) {
		good := ft.connects("")
		good.are(`ready {"live":0}`)
		conn, err := ft.pipes.dial(context.Background(), "", "")
		if err != nil {
			ft.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /v1/calls/stream HTTP/1.1\r\nHost: ringdown.example\r\n\r\n"); err != nil {
			ft.Fatal(err)
		}
		time.Sleep(writeWithin + 2*time.Second)
		synctest.Wait()
		if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			ft.Error(err)
		}
		ft.records(liveCall("1", time.Now()))
		aLook()
		good.are("arrived call-1 arriving")
	})
	onFeed(t, "a listener that takes nothing", func(ft *feedTest) {
		f := newFeed(ft.store, nil, slog.New(slog.DiscardHandler), time.Now)
		l, err := f.join()
		if err != nil {
			ft.Fatal(err)
		}
		for i := range mostWaiting + 2 {
			ft.records(liveCall(fmt.Sprint(i), time.Now()))
			aLook()
		}
		n := 0
		for range l.events { // which is closed
			n++
		}
		if n != mostWaiting {
			ft.Errorf("%d looks waited", n)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.stop != nil {
			ft.Error("it still looks")
		}
	})
}

func TestAFeedThatIsOverLetsNobodyIn(t *testing.T) {
	onFeed(t, "the server stops", func(ft *feedTest) {
		s := ft.connects("")
		s.are(`ready {"live":0}`)
		ft.stops()
		s.are("the end")
	})
	onFeed(t, "and who comes too late", func(ft *feedTest) {
		f := newFeed(ft.store, nil, slog.New(slog.DiscardHandler), time.Now)
		f.end()
		if _, err := f.join(); !errors.Is(err, errFeedOver) {
			ft.Errorf("joined: %v", err)
		}
	})
}

func TestAStreamWithoutADatabaseIsRefused(t *testing.T) {
	onFeed(t, "from the first look on", func(ft *feedTest) {
		if err := ft.store.Close(); err != nil {
			ft.Fatal(err)
		}
		s := ft.connects("")
		if s.answer.StatusCode < http.StatusInternalServerError {
			ft.Errorf("answered %d", s.answer.StatusCode)
		}
	})
}

func TestTheStreamIsInTheDocument(t *testing.T) {
	rt := newCallsREST(t, &runsTemporal{})
	rt.records(liveCall("1", rt.now))
	got := rt.send(http.MethodGet, "/v1/calls/stream", "").is(http.StatusOK).Body.String() // a recorder knows no deadlines
	if !strings.Contains(got, "event: snapshot\ndata: {") || !strings.Contains(got, "event: ready\ndata: {\"live\":1}\n\n") {
		t.Errorf("answered %s", got)
	}
}
