package main

import (
	"slices"
)

// A pair is what some rounds measured: the medians, and the median of the
// ratios of the rounds.
type pair struct {
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline,omitempty"` // 0: there is none
	Ratio    float64 `json:"ratio,omitempty"`
}

// inTurns measures ours and its baseline one after the other, the first in
// one round the second in the next, so that neither is favoured by what else
// the machine does.
func inTurns(rounds int, ours, baseline func() (float64, error)) (pair, error) {
	var a, b, ratios []float64
	for i := range rounds {
		var x, y float64
		var errX, errY error
		if i%2 == 0 {
			x, errX = ours()
			y, errY = baseline()
		} else {
			y, errY = baseline()
			x, errX = ours()
		}
		if errX != nil {
			return pair{}, errX
		}
		if errY != nil {
			return pair{}, errY
		}
		a, b, ratios = append(a, x), append(b, y), append(ratios, x/y)
	}
	return pair{median(a), median(b), median(ratios)}, nil
}

// against is a pair that was measured once.
func against(ours, baseline float64) pair { return pair{ours, baseline, ours / baseline} }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
