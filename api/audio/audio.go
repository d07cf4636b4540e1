// Package audio holds what a waiting caller hears between two sentences: music.wav and
// ringback.wav, 20 s each, and moment.wav, 2 s, 8 kHz mu-law mono, the telephone's own format.
package audio

import "embed"

// Files holds the recordings by name. They are ours, written by generate.
//
//go:generate go run ./generate
//go:embed music.wav ringback.wav moment.wav
var Files embed.FS
