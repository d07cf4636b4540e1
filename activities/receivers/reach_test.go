package receivers

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ringdown/ringdown/models"
)

// Whatever an address is written as, it is judged as what it is.
func TestAnAddressIsPrivateInEveryDress(t *testing.T) {
	dress := func(four netip.Addr) []netip.Addr {
		b := four.As4()
		six := func(prefix ...byte) netip.Addr {
			var whole [16]byte
			copy(whole[:], prefix)
			copy(whole[12:], b[:])
			return netip.AddrFrom16(whole)
		}
		mapped := six(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
		translated := six(0, 0x64, 0xff, 0x9b)
		return []netip.Addr{mapped, translated, mapped.WithZone("eth0"), translated.WithZone("eth0")}
	}
	rapid.Check(t, func(d *rapid.T) {
		four := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(d, "address")))
		where := private(four)
		for _, other := range dress(four) {
			if got := private(other); got != where {
				d.Fatalf("%s is at %q, as %s at %q", four, where, other, got)
			}
		}
	})
	rapid.Check(t, func(d *rapid.T) {
		six := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(d, "address")))
		for _, ip := range []netip.Addr{six, netip.AddrFrom4([4]byte(six.AsSlice()[:4]))} {
			special := !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()
			if special && private(ip) == "" {
				d.Fatalf("%s is taken for one of the public internet", ip)
			}
		}
	})
}

func TestNoSpellingOfAHostLeadsInside(t *testing.T) {
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inside.Close() }()
	reached := make(chan string, 100)
	go func() {
		for {
			conn, err := inside.Accept()
			if err != nil {
				return
			}
			reached <- conn.RemoteAddr().String()
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(inside.Addr().String())
	wary := New(Config{})
	for _, host := range []string{
		"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1",
		"127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "loc\u00adalhost",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[::127.0.0.1]",
		"0", "0.0.0.0", "127.255.255.254", "user:password@127.0.0.1", "receiver.example@127.0.0.1", "127.0.0.1#@receiver.example",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		address := "http://" + host + ":" + port
		if i := strings.IndexByte(host, '#'); i > 0 {
			address = "http://" + host[:i] + ":" + port + host[i:]
		}
		r := models.Receiver{ID: "r1", Type: models.ReceiverAlertmanager, Enabled: true, URL: address}
		_, err := wary.Send(ctx, r, models.Delivery{Event: models.EventRaised})
		cancel()
		if err == nil {
			t.Errorf("%s was told", host)
		}
	}
	select {
	case from := <-reached:
		t.Errorf("somebody got in from %s", from)
	default:
	}
}

// nameServer is a server of names that says the same of every name.
type nameServer struct {
	net.Conn
	says   netip.Addr
	answer chan []byte
}

func (s nameServer) Write(question []byte) (int, error) {
	question = question[2:] // over a stream, its length comes first
	four := s.says.Is4()
	kind := binary.BigEndian.Uint16(question[len(question)-4:])
	if opt := len(question) - 11; question[11] == 1 { // an additional record without data is at the end
		kind = binary.BigEndian.Uint16(question[opt-4:])
		question = question[:opt]
	}
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:]...)
	if four && kind == 1 || !four && kind == 28 {
		ip := s.says.AsSlice()
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(ip)))
		answer = append(answer, ip...)
	}
	s.answer <- append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)
	return len(question) + 2, nil
}

func (s nameServer) Read(into []byte) (int, error) {
	answer := <-s.answer
	n := copy(into, answer)
	if n < len(answer) {
		s.answer <- answer[n:]
	}
	return n, nil
}

func (nameServer) Close() error                { return nil }
func (nameServer) SetDeadline(time.Time) error { return nil }

func TestANameIsJudgedByWhereItLeads(t *testing.T) {
	for says, where := range map[string]string{
		"127.0.0.1": "a loopback address", "10.1.2.3": "a private address", "169.254.169.254": "a link-local address",
		"::1": "a loopback address", "fd00:ec2::254": "a private address", "::ffff:127.0.0.1": "a loopback address", "64:ff9b::a00:1": "a private address",
	} {
		wary := dialer(false)
		wary.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nameServer{says: netip.MustParseAddr(says), answer: make(chan []byte, 2)}, nil
		}}
		client := http.Client{Transport: &http.Transport{DialContext: wary.DialContext}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://harmless.example:9093/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(r)
		cancel()
		var refused *privateError
		if !errors.As(err, &refused) || refused.where != where {
			t.Errorf("a name that leads to %s: %v, want %s", says, err, where)
		}
	}
}
