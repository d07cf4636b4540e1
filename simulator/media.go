package simulator

import "encoding/binary"

// longestMedia is how long a recording's file is at most, whatever the recording claims.
const longestMedia Seconds = 120

// soundOf makes the file of a recording: its content type and its bytes.
func soundOf(suffix string, length Seconds) (contentType string, body []byte, ok bool) {
	length = min(length, longestMedia)
	switch suffix {
	case "", "wav":
		return "audio/x-wav", quietWAV(length), true
	case "mp3":
		return "audio/mpeg", quietMP3(length), true
	}
	return "", nil, false
}

// quietWAV is a mono file of 8000 8-bit samples a second in which nothing is heard.
func quietWAV(length Seconds) []byte {
	const rate = 8000
	n := int(length * rate)
	b := make([]byte, 44+n)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+n))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1) // PCM
	binary.LittleEndian.PutUint16(b[22:], 1) // channel
	binary.LittleEndian.PutUint32(b[24:], rate)
	binary.LittleEndian.PutUint32(b[28:], rate) // bytes a second
	binary.LittleEndian.PutUint16(b[32:], 1)
	binary.LittleEndian.PutUint16(b[34:], 8) // bits
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(n))
	for i := range b[44:] {
		b[44+i] = 128
	}
	return b
}

// quietMP3 is an MPEG-2 layer III file of 8 kbit/s, mono, 16 kHz, in which nothing is heard. A frame is 36 bytes and
// lasts 36 ms; all zeros after its header is silence.
func quietMP3(length Seconds) []byte {
	const size = 36
	b := make([]byte, size*int(length*1000/36+0.5))
	for at := 0; at < len(b); at += size {
		copy(b[at:], "\xff\xf3\x18\xc4")
	}
	return b
}
