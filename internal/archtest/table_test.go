// Package archtest holds the house to its plan: who may import whom, where
// each outside library is at home, and that function folders and routes come
// in pairs.
//
// The tests read the files themselves. A version that asked `go list` passed
// from the test cache after a package had been added; what a test opens, the
// cache watches.
//
// A new package fails here until its line stands in [allowed].
package archtest

import "slices"

var (
	shelves = []string{
		"internal/condition", "internal/failure", "internal/incident", "internal/incident/lifecycle", "internal/incident/notice",
		"internal/journal", "internal/ledger",
		"internal/message", "internal/message/messagefile", "internal/notify", "internal/notify/outbox", "internal/privacy", "internal/setting", "internal/source", "internal/triage", "internal/triage/explain",
	}
	flows    = []string{"internal/errorqueue", "internal/feature"}
	adapters = []string{
		"internal/ledger/tables", "internal/message/servicebus", "internal/notify/opsgenie", "internal/notify/slack",
	}
)

// allowed says, for each package, which packages of ours its shipped files may
// import. A name that ends in /... stands for the package and all below it.
// Tests may import what they like.
var allowed = map[string][]string{
	".":       {},
	"handler": {"internal/app"},
	"cmd/busbell": slices.Concat(shelves, []string{
		"internal/feature",
		"internal/app", "internal/check", "internal/config", "internal/demo", "internal/emulator/...", "internal/operator",
	}),
	"bench":          {"handler", "internal/..."},
	"servicebustest": {"internal/emulator/control", "internal/emulator/servicebus"},
	"bench/baseline": {},

	"internal/app": slices.Concat(flows, shelves, adapters, []string{
		"internal/action", "internal/azfunc", "internal/check", "internal/config", "internal/job", "internal/notify/outbox/pace",
	}),
	"internal/operator": slices.Concat(flows, shelves, []string{"internal/app", "internal/check", "internal/config"}),

	// What a person sets up, and whether it is enough.
	"internal/config":          slices.Concat(flows, shelves, adapters, []string{"internal/config/yamlfile"}),
	"internal/config/yamlfile": {"internal/setting"},
	"internal/check":           slices.Concat(shelves, adapters, []string{"internal/errorqueue/passlog", "internal/config", "internal/config/yamlfile"}),

	// The door.
	"internal/azfunc": {},
	"internal/job":    {"internal/azfunc"},

	// The flows: shelves, and never another flow.
	"internal/action": {"internal/incident", "internal/incident/lifecycle", "internal/incident/notice", "internal/notify", "internal/notify/outbox", "internal/notify/slack"},
	"internal/errorqueue": {
		"internal/errorqueue/...", "internal/condition", "internal/failure", "internal/incident", "internal/incident/lifecycle", "internal/incident/notice",
		"internal/ledger", "internal/message", "internal/notify", "internal/notify/outbox", "internal/privacy", "internal/setting",
		"internal/source", "internal/triage", "internal/triage/explain",
	},
	"internal/errorqueue/parallel": {},
	"internal/errorqueue/passlog":  {"internal/errorqueue/parallel", "internal/errorqueue/scan", "internal/ledger"},
	"internal/errorqueue/scan":     {"internal/message", "internal/source", "internal/triage"},
	"internal/feature": {
		"internal/condition", "internal/ledger", "internal/message",
		"internal/notify", "internal/notify/outbox", "internal/privacy", "internal/setting",
	},

	// The shelves.
	"internal/condition":          {"internal/condition/function", "internal/setting"},
	"internal/condition/function": {"internal/setting"},
	"internal/failure":            {"internal/condition", "internal/failure/...", "internal/message", "internal/message/typename", "internal/setting"},
	"internal/incident":           {"internal/journal", "internal/ledger", "internal/notify"},
	"internal/incident/lifecycle": {
		"internal/incident", "internal/incident/notice", "internal/incident/reason", "internal/incident/repair",
		"internal/journal", "internal/ledger", "internal/notify", "internal/notify/outbox",
	},
	"internal/incident/notice": {"internal/incident", "internal/incident/reason", "internal/notify", "internal/setting"},
	"internal/incident/reason": {},
	"internal/incident/repair": {
		"internal/incident", "internal/incident/notice", "internal/incident/reason", "internal/ledger", "internal/notify", "internal/notify/outbox",
	},
	"internal/failure/frame":          {},
	"internal/failure/pattern":        {},
	"internal/failure/jsonerror":      {"internal/failure/trace", "internal/failure/trace/runtimes"},
	"internal/failure/rebus":          {"internal/failure/trace", "internal/failure/trace/runtimes", "internal/message"},
	"internal/failure/trace":          {"internal/message/typename"},
	"internal/failure/trace/runtimes": {"internal/failure/trace"},
	"internal/journal":                {"internal/ledger", "internal/notify", "internal/notify/outbox"},
	"internal/ledger":                 {},
	"internal/message":                {"internal/message/typename"},
	"internal/message/typename":       {},
	"internal/message/messagefile":    {"internal/message"},
	"internal/notify":                 {"internal/setting"},
	"internal/privacy":                {"internal/privacy/...", "internal/setting"},
	"internal/privacy/personal":       {"internal/privacy/plain"},
	"internal/privacy/plain":          {},
	"internal/privacy/quoted":         {},
	"internal/privacy/secret":         {"internal/privacy/plain"},
	"internal/setting":                {},
	"internal/source":                 {"internal/message", "internal/setting"},
	"internal/triage/explain": {
		"internal/condition", "internal/failure", "internal/incident", "internal/incident/notice", "internal/message",
		"internal/notify", "internal/privacy", "internal/privacy/quoted", "internal/setting", "internal/source", "internal/triage",
	},
	"internal/triage": {
		"internal/condition", "internal/failure", "internal/incident", "internal/message", "internal/privacy", "internal/privacy/quoted", "internal/setting", "internal/source",
	},

	"internal/notify/outbox":             {"internal/ledger", "internal/notify", "internal/notify/outbox/destination", "internal/notify/outbox/pace", "internal/notify/outbox/protocol"},
	"internal/notify/outbox/destination": {"internal/ledger", "internal/notify"},
	"internal/notify/outbox/pace":        {"internal/notify"},
	"internal/notify/web":                {},
	"internal/notify/outbox/protocol":    {"internal/ledger", "internal/notify"},

	// The adapters: their parent, and the shelves whose words they speak.
	"internal/ledger/tables":       {"internal/ledger", "internal/setting"},
	"internal/message/servicebus":  {"internal/message", "internal/setting"},
	"internal/notify/opsgenie":     {"internal/message", "internal/notify", "internal/notify/web", "internal/setting"},
	"internal/notify/slack":        {"internal/message", "internal/notify", "internal/notify/slack/render", "internal/notify/web", "internal/setting"},
	"internal/notify/slack/render": {"internal/notify", "internal/notify/web", "internal/setting"},

	// What tests lean on.
	"internal/ledger/ledgertest": {"internal/ledger"},

	// The stand-ins.
	"internal/emulator/board": {
		"internal/emulator/control", "internal/emulator/opsgenie", "internal/emulator/slack",
		"internal/message", "internal/setting",
	},
	"internal/emulator/control":                {"internal/message", "internal/setting"},
	"internal/emulator/functions":              {"internal/message", "internal/setting"},
	"internal/emulator/opsgenie":               {"internal/emulator/control", "internal/message", "internal/setting"},
	"internal/emulator/servicebus":             {"internal/emulator/control", "internal/emulator/servicebus/...", "internal/message", "internal/setting"},
	"internal/emulator/servicebus/amqp":        {},
	"internal/emulator/servicebus/atom":        {"internal/emulator/servicebus/rule"},
	"internal/emulator/servicebus/certificate": {},
	"internal/emulator/servicebus/logfile":     {},
	"internal/emulator/servicebus/rule":        {"internal/emulator/servicebus/amqp", "internal/emulator/servicebus/sqlfilter"},
	"internal/emulator/servicebus/sqlfilter":   {"internal/emulator/servicebus/amqp"},
	"internal/emulator/slack":                  {"internal/emulator/control", "internal/message", "internal/setting"},
	"internal/demo":                            {".", "internal/demo/shop", "internal/emulator/...", "internal/message", "internal/setting"},
	"internal/demo/shop":                       {"internal/emulator/servicebus"},

	"docs":              {},
	"infra":             {},
	"internal/archtest": {},
	"internal/e2e":      {},
	"internal/pack":     {"internal/setting"},
}

// homes says which packages' shipped files may import an outside package. Both
// sides may end in /...; what is not named here is free.
var homes = map[string][]string{
	"cel.dev/cel-go/...":           {"internal/condition/..."},
	"github.com/goccy/go-yaml/...": {"internal/config/yamlfile", "internal/pack"},
	"github.com/spf13/cobra/...":   {"cmd/busbell"},
	"github.com/coder/websocket":   {"internal/emulator/servicebus"},

	"github.com/Azure/...": {
		"bench", "internal/config", "internal/demo/shop", "internal/emulator/...", "internal/ledger/tables", "internal/message/servicebus",
	},
	"github.com/slack-go/slack/...":              {"internal/notify/slack/..."},
	"github.com/opsgenie/opsgenie-go-sdk-v2/...": {"internal/notify/opsgenie"},
	"github.com/sirupsen/logrus/...":             {"internal/notify/opsgenie"},
	"github.com/hashicorp/go-retryablehttp/...":  {"internal/notify/opsgenie"},

	"golang.org/x/time/...": {"internal/notify/outbox/pace"},

	"testing/...":                         {"bench", "internal/ledger/ledgertest", "servicebustest"},
	"github.com/google/go-cmp/...":        {"internal/ledger/ledgertest"},
	"github.com/rogpeppe/go-internal/...": {},
	"github.com/pkg/errors":               {},
	"log":                                 {},
}
