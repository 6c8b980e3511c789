//go:build unix

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// A count is what became of the things of one sort that there were to say.
type count struct{ once, lost, twice int }

// say counts what was said so often and should have been so often.
func (c *count) say(got, want int) {
	c.once += min(got, want)
	c.lost += max(want-got, 0)
	c.twice += max(got-want, 0)
}

// judge compares what people see with what has happened.
func (d *badDay) judge(when string) {
	d.t.Helper()
	v := &verdict{day: d, counts: map[string]*count{}, shown: map[string][]slack.Message{}}
	for _, c := range d.slack.Snapshot().Channels {
		v.read(c)
	}
	for _, k := range d.kinds {
		v.kind(k)
	}
	v.milestones()
	v.alerts()
	d.t.Logf("%s, of what there was to say:", when)
	for _, sort := range slices.Sorted(maps.Keys(v.counts)) {
		c := v.counts[sort]
		d.t.Logf("  %-12s %5d once  %d lost  %d twice", sort, c.once, c.lost, c.twice)
		if c.lost+c.twice > 0 {
			d.t.Errorf("%s: %s: %d lost, %d twice", when, sort, c.lost, c.twice)
		}
	}
}

// A verdict is what is found out about one moment.
type verdict struct {
	day    *badDay
	counts map[string]*count
	shown  map[string][]slack.Message // roots, by the kinds that they ever showed
}

func (v *verdict) of(sort string) *count {
	if v.counts[sort] == nil {
		v.counts[sort] = &count{}
	}
	return v.counts[sort]
}

func (v *verdict) wrong(format string, args ...any) { v.day.t.Logf("WRONG: "+format, args...) }

var kindName = regexp.MustCompile(`(Paged)?Kind\d{4}`)

// read takes in a channel: which roots show which kinds, and that no key was
// posted twice, not even in a message that was deleted.
func (v *verdict) read(c slack.Channel) {
	keys := map[string]int{}
	for _, m := range c.Messages {
		var meta struct {
			Payload struct{ Key string } `json:"event_payload"`
		}
		if json.Unmarshal(m.Metadata, &meta) == nil && meta.Payload.Key != "" {
			keys[meta.Payload.Key]++
		}
	}
	for key, n := range keys {
		v.of("keys").say(n, 1)
		if n > 1 {
			v.wrong("%s was posted %d times in %s", key, n, c.Name)
		}
	}
	for _, m := range c.Roots() {
		kinds := map[string]bool{}
		for _, version := range append([]slack.Edit{{Content: m.Content}}, m.Edits...) {
			for _, name := range kindName.FindAllString(version.Text+string(version.Attachments), -1) {
				kinds[name] = true
			}
		}
		for name := range kinds {
			v.shown[name] = append(v.shown[name], m)
		}
	}
}

// kind judges what was told of a kind: a page for each of its lives, with what
// belongs into its thread, and a face that is true.
func (v *verdict) kind(k *kind) {
	roots := inLives(v.shown[k.name])
	v.of("pages").say(len(roots), len(k.lives))
	if len(roots) != len(k.lives) {
		v.wrong("%s has had %d lives and is shown in %d messages: %q", k.name, len(k.lives), len(roots), headlines(roots))
		return
	}
	for n, l := range k.lives {
		root := roots[n]
		alone := strings.Contains(root.Text, "*"+k.name+"*")
		want := green
		switch {
		case l.lying == 0:
		case l.clicked || l.tried:
			want = ""
		default:
			want = red
		}
		if !alone {
			continue
		}
		got := colour(v.day.t, root)
		if head := fmt.Sprintf("%d failed *%s*", l.lying, k.name); got != want && (want != "" || got == green) || l.lying > 0 && !strings.HasPrefix(strip(root.Text), head) {
			v.wrong("%s, life %d: %s %q, with %d messages lying there", k.name, n+1, got, root.Text, l.lying)
			v.of("faces").lost++
		} else {
			v.of("faces").once++
		}
		v.thread(k, l, root)
	}
}

// lifeNumber finds in what a message of one incident shows the number of its
// life, which the first does not say.
var lifeNumber = regexp.MustCompile(`"(?:footer|text)":"incident [^·]*(?:· (\d+)(?:st|nd|rd|th) time since)?`)

// inLives puts the messages of a kind into the order of its lives. A message
// that had to be looked for first may be younger than the one of the next life.
// One that is a digest does not say which life it shows, and stays.
func inLives(roots []slack.Message) []slack.Message {
	numbers := make([]int, len(roots))
	for i, m := range roots {
		found := lifeNumber.FindStringSubmatch(string(m.Attachments))
		if found == nil {
			return roots
		}
		numbers[i], _ = strconv.Atoi(cmp.Or(found[1], "1"))
	}
	sorted := slices.Clone(roots)
	slices.SortStableFunc(sorted, func(a, b slack.Message) int {
		return numbers[slices.IndexFunc(roots, func(m slack.Message) bool { return m.TS == a.TS })] -
			numbers[slices.IndexFunc(roots, func(m slack.Message) bool { return m.TS == b.TS })]
	})
	return sorted
}

// strip takes away the sign in front of a headline.
func strip(text string) string {
	if at := strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' }); at > 0 {
		return text[at:]
	}
	return text
}

func (v *verdict) thread(k *kind, l *life, root slack.Message) {
	said := headlines(v.day.slack.Snapshot().Channel(placeName(k.place)).Replies(root.TS))
	for sort, want := range map[string]struct {
		least, most int
		words       []string
	}{
		"traces":  {1, 1, []string{wholeTrace}},
		"growing": {number(l.grown), number(l.grown), []string{"Growing: "}},
		"clicks":  {number(l.clicked), number(l.tried), []string{"Acknowledged by ", "Snoozed until "}},
		"endings": {number(l.lying == 0), number(l.lying == 0), []string{"Resolved after "}},
	} {
		got := 0
		for _, s := range said {
			if slices.ContainsFunc(want.words, func(word string) bool { return strings.Contains(s, word) }) {
				got++
			}
		}
		c := v.of(sort)
		c.say(got, min(max(got, want.least), want.most))
		if got < want.least || got > want.most {
			v.wrong("%s, %s: said %d times, want %d to %d: %q", k.name, sort, got, want.least, want.most, said)
		}
	}
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (v *verdict) milestones() {
	said := map[string]int{}
	for _, c := range v.day.slack.Snapshot().Channels {
		for _, m := range c.Messages {
			if _, number, ok := strings.Cut(m.Text, "number "); ok {
				said[c.Name+" "+number]++
			}
		}
	}
	for n := range v.day.events {
		got := said[fmt.Sprintf("%s %d reached", placeName(n%killPlaces), n)]
		v.of("milestones").say(got, 1)
		if got != 1 {
			v.wrong("milestone %d was said %d times", n, got)
		}
	}
}

// alerts judges the pager: one alert under each alias, open as long as there is
// something that it is about. A problem that had gone before it could be
// raised never was, and a storm's alert ends with the last that shares it. What
// one instance paged singly another's storm may name that began at once.
func (v *verdict) alerts() {
	s := v.day.pager.Snapshot()
	raised, open, storms := map[string]int{}, map[string]int{}, map[string]int{}
	for _, a := range s.Alerts {
		v.of("aliases").say(len(s.Alias(a.Alias)), 1)
		storm := strings.HasPrefix(a.Message, "Storm: ")
		for _, name := range slices.Compact(slices.Sorted(slices.Values(kindName.FindAllString(a.Message+" "+a.Description, -1)))) {
			switch {
			case storm:
				storms[name] += number(a.Open())
				continue
			case a.Open():
				open[name]++
			}
			raised[name]++
		}
	}
	for _, k := range v.day.kinds {
		if !k.paged {
			continue
		}
		lying := k.life().lying > 0
		want := number(lying && (open[k.name] > 0 || storms[k.name] == 0))
		v.of("alerts").say(open[k.name], want)
		if open[k.name] != want || raised[k.name] > len(k.lives) {
			v.wrong("%s: %d alerts raised, %d open, %d in storms, %d lives, %d lying there", k.name, raised[k.name], open[k.name], storms[k.name], len(k.lives), k.life().lying)
		}
		if raised[k.name] > len(k.lives) {
			v.of("alerts").twice++
		}
	}
	for _, a := range s.Open() {
		needed := slices.ContainsFunc(v.day.kinds, func(k *kind) bool {
			return k.paged && k.life().lying > 0 && strings.Contains(a.Message+a.Description, k.name)
		})
		if !needed {
			v.of("alerts").twice++
			v.wrong("the alert %q is open, and nothing of it lies there", a.Message)
		}
	}
}
