package atom

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Text builds the elements of a description.
type Text struct{ strings.Builder }

// Add adds an element with a value, whose text is escaped.
func (x *Text) Add(name string, value any) {
	fmt.Fprintf(&x.Builder, "<%s>%s</%s>", name, Escape(fmt.Sprint(value)), name)
}

// Given adds an element only if it has a value.
func (x *Text) Given(name, value string) {
	if value != "" {
		x.Add(name, value)
	}
}

const schemas = `xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

// Entry wraps a description, whose elements are written already. The id is an address that holds the whole path:
// JavaScript's client reads the names of topic, subscription and rule from it.
func Entry(path, title, kind, elements string, updated int64) string {
	id := url.URL{Scheme: "sb", Host: Namespace, Path: "/" + path}
	return fmt.Sprintf(`<entry xmlns="http://www.w3.org/2005/Atom"><id>%s</id><title type="text">%s</title>`+
		`<published>%s</published><updated>%s</updated><content type="application/xml"><%s %s>%s</%s></content></entry>`,
		Escape(id.String()), Escape(title), Time(updated), Time(updated), kind, schemas, elements, kind)
}

// Feed wraps entries. Its links are written already.
func Feed(title, links string, entries []string) string {
	return fmt.Sprintf(`<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">%s</title><id>%s</id><updated>%s</updated>%s%s</feed>`,
		Escape(title), Escape(title), Time(time.Now().UnixMilli()), links, strings.Join(entries, ""))
}

// Namespace is the name of the only namespace, that of Microsoft's emulator.
const Namespace = "sbemulatorns"

// Time is how the API writes milliseconds since 1970.
func Time(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

// Escape makes text safe inside an element. Quotation marks stay: clients look
// for sentences that hold them.
func Escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return quotes.Replace(b.String())
}

var quotes = strings.NewReplacer("&#39;", "'", "&#34;", `"`)

// Link writes a link of a feed.
func Link(relation, address string) string {
	return fmt.Sprintf(`<link rel=%q href="%s"/>`, relation, Escape(address))
}
