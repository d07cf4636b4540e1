package main

import (
	"strings"
	"testing"
	"time"
)

func TestAFigurePassesOnlyWithinAllItsTargets(t *testing.T) {
	ms := func(n ...int) (d []time.Duration) {
		for _, n := range n {
			d = append(d, time.Duration(n)*time.Millisecond)
		}
		return d
	}
	for name, c := range map[string]struct {
		ours, floor []time.Duration
		ratio, ms   float64
		pass        bool
	}{
		"the ratio is that of the medians, not of the means": {ms(13, 13, 900), ms(10, 10, 10), 1.3, 0, true},
		"a ratio above its target fails":                     {ms(14, 14, 14), ms(10, 10, 10), 1.3, 0, false},
		"a median at its limit fails":                        {ms(60), ms(60), 1.5, 60, false},
		"a median below its limit with a good ratio passes":  {ms(59), ms(40), 1.5, 60, true},
		"a good median with a bad ratio fails":               {ms(30), ms(10), 1.5, 60, false},
		"nothing measured fails":                             {nil, nil, 1.3, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if f := figureOf("", samples{c.ours, c.floor}, c.ratio, c.ms); f.Pass != c.pass {
				t.Errorf("pass is %t: %+v", f.Pass, f)
			}
		})
	}
}

func TestQuantilesAreSamples(t *testing.T) {
	var d []time.Duration
	for i := 100; i > 0; i-- {
		d = append(d, time.Duration(i)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100} {
		if got := quantile(d, q); got != want {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
}

func TestTheTableNamesTargetsAndMisses(t *testing.T) {
	var out strings.Builder
	d := []time.Duration{20 * time.Millisecond}
	if err := printTable(&out, "figure", "floor", []figure{
		figureOf("slow", samples{d, []time.Duration{time.Millisecond}}, 1.5, 60), figureOf("quick", samples{d, d}, 1.3, 0),
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"< 60 ms, ratio ≤ 1.5", "20.00", "FAIL", "ratio ≤ 1.3", "PASS"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
