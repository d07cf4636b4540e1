// Command generate writes the hold audio into the working directory. It sums whole numbers only,
// so that every machine writes the same bytes.
package main

import (
	"bytes"
	"encoding/binary"
	"log"
	"math"
	"os"
)

const (
	rate    = 8000 // samples a second
	seconds = 20   // of each recording on hold, as long as models.HoldRound
)

func main() {
	for name, samples := range map[string][]int32{"music.wav": music(), "ringback.wav": ringback(), "moment.wav": moment()} {
		if err := os.WriteFile(name, wav(samples), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// chords are the music: four notes each, in Hz, within what a telephone carries.
var chords = [][]uint32{
	{262, 330, 392, 494}, // C major seventh
	{294, 349, 440, 523}, // D minor seventh
	{262, 330, 440, 523}, // A minor
	{262, 349, 440, 659}, // F major seventh
	{294, 392, 494, 587}, // G
	{262, 330, 392, 587}, // C with a ninth
	{294, 349, 440, 659}, // D minor ninth
	{294, 349, 392, 494}, // G seventh, which leads back to C
}

// music plays one chord after another, the notes of each entering one by one and ringing on into
// the next chord.
func music() []int32 {
	samples := make([]int32, seconds*rate)
	each := len(samples) / len(chords)
	for i, chord := range chords {
		for j, hz := range chord {
			begin := i*each + j*rate/5
			pluck(samples[begin:min(begin+2*each-j*rate/5, len(samples))], hz, 5200)
		}
	}
	fade(samples, rate/2)
	return samples
}

// moment is two seconds of one chord, which may be repeated.
func moment() []int32 {
	samples := make([]int32, 2*rate)
	for j, hz := range chords[0] {
		pluck(samples[j*rate/4:], hz, 3600)
	}
	fade(samples, rate/50)
	return samples
}

// pluck adds a note that swells for 0.15 s and then dies away until the end of the stretch.
func pluck(samples []int32, hz uint32, peak int64) {
	const swell = rate * 15 / 100
	for n := range samples {
		loud := peak * int64(n) / swell
		if n >= swell {
			left, all := int64(len(samples)-n), int64(len(samples)-swell)
			loud = peak * left / all * left / all
		}
		tone := 4*sine(hz, n) + sine(2*hz, n)
		samples[n] += int32(int64(tone) * loud / 5 >> 15)
	}
}

// ringback is the British cadence with a shorter gap, so that no caller takes it for a dead line.
func ringback() []int32 {
	samples := make([]int32, seconds*rate)
	for _, on := range []struct{ from, to int }{{0, 4}, {6, 10}} { // in tenths of a second, of 25
		for begin := 0; begin < len(samples); begin += 25 * rate / 10 {
			burst := samples[begin+on.from*rate/10 : begin+on.to*rate/10]
			for n := range burst {
				burst[n] = (sine(400, n) + sine(450, n)) * 5 / 32
			}
			fade(burst, rate/100)
		}
	}
	return samples
}

// fade takes the clicks off both ends.
func fade(samples []int32, over int) {
	for n := range over {
		last := len(samples) - 1 - n
		samples[n] = samples[n] * int32(n) / int32(over)
		samples[last] = samples[last] * int32(n) / int32(over)
	}
}

// table is one turn of a sine.
var table = func() (t [1024]int32) {
	for i := range t {
		t[i] = int32(math.Round(32767 * math.Sin(2*math.Pi*float64(i)/float64(len(t)))))
	}
	return t
}()

// sine is the n-th sample of a full-scale tone.
func sine(hz uint32, n int) int32 {
	phase := uint64(hz) * uint64(n) * uint64(len(table)) / rate
	return table[phase%uint64(len(table))]
}

// wav wraps 16-bit samples as a mu-law file.
func wav(samples []int32) []byte {
	const mulaw, channels, bits = 7, 1, 8
	count := uint32(len(samples))
	var b bytes.Buffer
	for _, part := range []any{
		[]byte("RIFF"), 4 + 26 + 12 + 8 + count, []byte("WAVE"),
		[]byte("fmt "), uint32(18), uint16(mulaw), uint16(channels), uint32(rate), uint32(rate), uint16(1), uint16(bits), uint16(0),
		[]byte("fact"), uint32(4), count,
		[]byte("data"), count,
	} {
		_ = binary.Write(&b, binary.LittleEndian, part) // a buffer takes everything
	}
	for _, s := range samples {
		b.WriteByte(encode(s))
	}
	return b.Bytes()
}

// loudest is the largest sample that mu-law holds.
const loudest = 32635

// encode is mu-law: sign, exponent and four bits of mantissa, all inverted. Source: ITU-T G.711.
func encode(sample int32) byte {
	var sign byte
	if sample < 0 {
		sign, sample = 0x80, -sample
	}
	sample = min(sample, loudest) + 132
	exponent := byte(7)
	for mask := int32(0x4000); sample&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | exponent<<4 | byte(sample>>(exponent+3))&0x0F)
}
