package servicebus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// ParseConfig reads entities in the shape of the Config.json of Microsoft's
// emulator: UserConfig.Namespaces[].Queues, .Topics and .Subscriptions. It
// reports every mistake at once, each with its path.
func ParseConfig(r io.Reader) (cfg Config, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Config{}, fmt.Errorf("emulator config: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows write it
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return Config{}, fmt.Errorf("emulator config: line %d: %w", brokenLine(text, err), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("emulator config: something follows the JSON object")
	}
	p := parser{names: map[string]string{}}
	p.object("", root, fields{"UserConfig": func(path string, v any) {
		p.object(path, v, fields{"Logging": ignore, "Namespaces": p.list(func(path string, v any) {
			p.object(path, v, fields{
				"Name": ignore,
				"Queues": p.list(func(path string, v any) {
					cfg.Queues = append(cfg.Queues, p.queue(path, v, nil))
					p.unique("", path, cfg.Queues[len(cfg.Queues)-1].Name)
				}),
				"Topics": p.list(func(path string, v any) {
					cfg.Topics = append(cfg.Topics, p.topic(path, v))
					p.unique("", path, cfg.Topics[len(cfg.Topics)-1].Name)
				}),
			})
		})})
	}})
	if len(p.errs) > 0 {
		return Config{}, fmt.Errorf("emulator config: %w", errors.Join(p.errs...))
	}
	return cfg, nil
}

// brokenLine is where JSON breaks off: its last line, or that of the mistake.
func brokenLine(text []byte, err error) int {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		text = text[:e.Offset]
	}
	return 1 + bytes.Count(text, []byte("\n"))
}

// A parser walks decoded JSON and collects what is wrong with it.
type parser struct {
	errs  []error
	names map[string]string // what has a name, by that name and the path of what it is in
}

// fields says what to do with the values of an object's keys.
type fields map[string]func(path string, v any)

func ignore(string, any) {}

func (p *parser) bad(path, format string, args ...any) {
	where := cmp.Or(strings.TrimPrefix(path, "."), "top level")
	p.errs = append(p.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// unique reports a name that something else in the same place has.
func (p *parser) unique(within, path, name string) {
	key := within + " " + fold(name)
	if first, taken := p.names[key]; taken && name != "" {
		p.bad(path+".Name", "%q is also the name of %s", name, strings.TrimPrefix(first, "."))
		return
	}
	p.names[key] = path
}

func (p *parser) object(path string, v any, known fields) {
	o, ok := v.(map[string]any)
	if !ok {
		p.bad(path, "need an object")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		found := false
		for name, f := range known {
			if strings.EqualFold(name, key) {
				f(path+"."+name, o[key])
				found = true
			}
		}
		if !found {
			p.bad(path+"."+key, "unknown key; known are %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
}

func (p *parser) list(each func(path string, v any)) func(string, any) {
	return func(path string, v any) {
		l, ok := v.([]any)
		if !ok && v != nil {
			p.bad(path, "need a list")
		}
		for i, item := range l {
			each(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
}

// queue reads a queue, or a subscription, which may have more keys.
func (p *parser) queue(path string, v any, more fields) Queue {
	var q Queue
	known := fields{
		"Name": p.text(&q.Name),
		"Properties": func(path string, v any) {
			p.object(path, v, fields{
				"LockDuration":                        p.duration(&q.LockDuration),
				"MaxDeliveryCount":                    p.number(&q.MaxDeliveryCount),
				"DefaultMessageTimeToLive":            p.duration(&q.DefaultMessageTimeToLive),
				"DeadLetteringOnMessageExpiration":    p.flag(&q.DeadLetteringOnMessageExpiration),
				"ForwardTo":                           p.text(&q.ForwardTo),
				"ForwardDeadLetteredMessagesTo":       p.text(&q.ForwardDeadLetteredMessagesTo),
				"RequiresSession":                     p.flag(&q.RequiresSession),
				"RequiresDuplicateDetection":          p.flag(&q.RequiresDuplicateDetection),
				"DuplicateDetectionHistoryTimeWindow": p.duration(&q.DuplicateDetectionHistoryTimeWindow),
				"EnablePartitioning":                  p.flag(&q.EnablePartitioning),
			})
		},
	}
	maps.Copy(known, more)
	p.object(path, v, known)
	if err := checkName("entity", q.Name); err != nil {
		p.bad(path+".Name", "%v", err)
	}
	return q
}

func (p *parser) topic(path string, v any) Topic {
	var t Topic
	p.object(path, v, fields{
		"Name": p.text(&t.Name),
		"Properties": func(path string, v any) {
			p.object(path, v, fields{
				"DefaultMessageTimeToLive":            p.duration(&t.DefaultMessageTimeToLive),
				"RequiresDuplicateDetection":          p.flag(&t.RequiresDuplicateDetection),
				"DuplicateDetectionHistoryTimeWindow": p.duration(&t.DuplicateDetectionHistoryTimeWindow),
				"EnablePartitioning":                  p.flag(&t.EnablePartitioning),
			})
		},
		"Subscriptions": p.list(func(sub string, v any) {
			var rules []Rule
			q := p.queue(sub, v, fields{"Rules": p.list(func(path string, v any) {
				rules = append(rules, p.rule(path, v))
				p.unique(sub, path, rules[len(rules)-1].Name)
			})})
			p.unique(path, sub, q.Name)
			q.Rules = rules
			t.Subscriptions = append(t.Subscriptions, q)
		}),
	})
	if err := checkName("topic", t.Name); err != nil {
		p.bad(path+".Name", "%v", err)
	}
	return t
}

func (p *parser) text(to *string) func(string, any) {
	return func(path string, v any) {
		s, ok := v.(string)
		if !ok && v != nil {
			p.bad(path, "need a string")
		}
		*to = s
	}
}

func (p *parser) flag(to *bool) func(string, any) {
	return func(path string, v any) {
		b, ok := v.(bool)
		if !ok && v != nil {
			p.bad(path, "need true or false")
		}
		*to = b
	}
}

func (p *parser) number(to *int) func(string, any) {
	return func(path string, v any) {
		n, _ := v.(json.Number)
		i, err := n.Int64()
		if err != nil || i < 1 || i > 2000 {
			p.bad(path, "need a number from 1 to 2000")
		}
		*to = int(i)
	}
}

func (p *parser) duration(to *time.Duration) func(string, any) {
	return func(path string, v any) {
		s, ok := v.(string)
		if !ok {
			p.bad(path, "need an ISO 8601 duration, such as PT1M")
			return
		}
		d, err := atom.ParseDuration(s)
		if err != nil {
			p.bad(path, "%v", err)
		}
		*to = d
	}
}
