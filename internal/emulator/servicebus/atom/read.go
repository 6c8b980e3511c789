// Package atom reads and writes the documents of Service Bus's administration
// API: Atom entries and feeds, the descriptions of entities in them, and ISO
// 8601 durations. It knows the limits of settings ([Elements.Check]), and
// nothing of the entities that have them.
package atom

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
)

// Elements are the elements of a description as a client wrote them.
type Elements map[string]string

// A Description is what an Atom entry says about an entity.
type Description struct {
	Kind     string // the name of its element
	Elements Elements
	Rule     *rule.Description // of a rule, or the first one of a subscription
}

// Parse reads the description in an Atom entry.
func Parse(body []byte) (Description, error) {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	var entry struct {
		Content struct {
			Description struct {
				XMLName  xml.Name
				Elements []element `xml:",any"`
			} `xml:",any"`
		} `xml:"content"`
	}
	if err := xml.Unmarshal(body, &entry); err != nil {
		return Description{}, fmt.Errorf("read the body as an Atom entry: %w", err)
	}
	var rules struct {
		Rule    *rule.Description `xml:"content>RuleDescription"`
		Default *rule.Description `xml:"content>SubscriptionDescription>DefaultRuleDescription"`
	}
	if err := xml.Unmarshal(body, &rules); err != nil {
		return Description{}, fmt.Errorf("read the rule in the Atom entry: %w", err)
	}
	d := Description{Kind: entry.Content.Description.XMLName.Local, Elements: Elements{}, Rule: cmp.Or(rules.Rule, rules.Default)}
	for _, e := range entry.Content.Description.Elements {
		d.Elements[e.XMLName.Local] = strings.TrimSpace(e.Text)
	}
	return d, nil
}

// Or is an element's value, or another value where it is absent or empty.
func (a Elements) Or(name, absent string) string {
	if v := a[name]; v != "" {
		return v
	}
	return absent
}
