package simulator

// utterance is something a person says.
type utterance struct {
	text   string
	length Seconds // 0: they keep silent instead
}

// newUtterance makes d as long as the words take when it is 0.
func newUtterance(text string, d Seconds) utterance {
	if d <= 0 && text != "" {
		d = spoken(text)
	}
	return utterance{text, max(d, 0)}
}

// Speak lets the person say text, which takes d; 0 means as long as the words take. It returns at once. Only a recording
// takes it in: the one that runs, else the next one, because a person waits for the tone. With neither text nor d they
// keep silent instead, which ends the recording of a phone in somebody's hand after its time-out.
func (l *Leg) Speak(text string, d Seconds) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.endedLocked() {
		return
	}
	l.said = append(l.said, newUtterance(text, d))
	l.changed.ring()
}
