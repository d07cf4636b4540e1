package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/ringdown/ringdown/api/audio"
	"github.com/ringdown/ringdown/models"
)

func TestFilesAreWhatIsGenerated(t *testing.T) {
	for _, c := range []struct {
		name    string
		samples []int32
		lasts   time.Duration
		quiet   float64 // the longest that it may be quiet, in seconds, when it is heard again and again
	}{
		{"music.wav", music(), models.HoldRound, 2},
		{"ringback.wav", ringback(), models.HoldRound, 2},
		{"moment.wav", moment(), 2 * time.Second, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := audio.Files.ReadFile(c.name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(file, wav(c.samples)) {
				t.Error("is stale: go generate ./api/audio")
			}
			data := checkHeader(t, file)
			if len(data) != int(c.lasts.Seconds())*rate {
				t.Errorf("lasts %.2f s", float64(len(data))/rate)
			}
			heard := make([]float64, len(data))
			for i, b := range data {
				heard[i] = decode(b)
				if math.Abs(heard[i]) > 0.9 {
					t.Fatalf("is too loud at %.2f s", float64(i)/rate)
				}
			}
			if quiet := longestQuiet(heard); quiet > c.quiet {
				t.Errorf("is quiet for %.2f s", quiet)
			}
			if loud := rms(heard); loud < 0.03 || loud > 0.25 {
				t.Errorf("has loudness %.3f", loud)
			}
			if click := math.Abs(heard[0] - heard[len(heard)-1]); click > 0.01 {
				t.Errorf("clicks by %.3f when it is heard again", click)
			}
		})
	}
}

// checkHeader reads the file as a player does and returns its samples.
func checkHeader(t *testing.T, file []byte) []byte {
	t.Helper()
	var riff struct {
		ID   [4]byte
		Size uint32
		Wave [4]byte
	}
	r := bytes.NewReader(file)
	if err := binary.Read(r, binary.LittleEndian, &riff); err != nil || string(riff.ID[:])+string(riff.Wave[:]) != "RIFFWAVE" ||
		int(riff.Size) != len(file)-8 {
		t.Fatalf("header %+v: %v", riff, err)
	}
	for {
		var chunk struct {
			ID   [4]byte
			Size uint32
		}
		if err := binary.Read(r, binary.LittleEndian, &chunk); err != nil {
			t.Fatal(err)
		}
		body := make([]byte, chunk.Size)
		if err := binary.Read(r, binary.LittleEndian, body); err != nil {
			t.Fatal(err)
		}
		switch string(chunk.ID[:]) {
		case "fmt ":
			if want := []byte{7, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0}; !bytes.Equal(body, want) {
				t.Errorf("format is % x", body)
			}
		case "data":
			return body
		}
	}
}

// decode is mu-law read back, full scale being 1.
func decode(b byte) float64 {
	b = ^b
	magnitude := float64(int(b&0x0F)<<3+132)*math.Pow(2, float64(b>>4&7)) - 132
	if b&0x80 != 0 {
		magnitude = -magnitude
	}
	return magnitude / 32768
}

// longestQuiet is the longest stretch of seconds below -40 dB, in windows of 20 ms, as if the
// recording were heard again and again.
func longestQuiet(heard []float64) float64 {
	const window = rate / 50
	longest, current := 0, 0
	for round := 0; round < 2; round++ {
		for i := 0; i+window <= len(heard); i += window {
			current++
			if rms(heard[i:i+window]) > 0.01 {
				current = 0
			}
			longest = max(longest, current)
		}
	}
	return float64(longest) * window / rate
}

func rms(heard []float64) float64 {
	sum := 0.0
	for _, h := range heard {
		sum += h * h
	}
	return math.Sqrt(sum / float64(len(heard)))
}

func TestEncodeReadsBack(t *testing.T) {
	for s := int32(-loudest); s <= loudest; s += 7 {
		got := decode(encode(s)) * 32768
		if off := math.Abs(got - float64(s)); off > 4+math.Abs(float64(s))/16 {
			t.Fatalf("%d reads back as %.0f", s, got)
		}
	}
}
