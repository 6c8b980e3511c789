package condition

import (
	"sync"

	"cel.dev/cel-go/cel"

	"github.com/busbell/busbell/internal/condition/function"
)

// A Scope is the place where a text stands, and so the variables it may use.
type Scope int

// The scopes.
const (
	// Failures: failure, source, message and headers. Known of each failure by itself.
	Failures Scope = iota

	// Incidents: those of Failures, of the newest of its group, and incident.
	Incidents

	// Links: failure, incident and source: what may be shown.
	Links

	// Events: event, message and headers.
	Events

	// Milestones: those of Events, and feature.
	Milestones
)

// example is a condition of each scope, to be shown as a cure.
var example = [...]string{
	Failures:   `failure.exceptionType == "Shop.CardExpired"`,
	Incidents:  `incident.count >= 100`,
	Links:      `failure.traceId != ""`,
	Events:     `event.Level == "Gold"`,
	Milestones: `feature.count >= 100`,
}

// fields lists the typed variables with their fields.
var fields = map[string][]variable{
	"failure": {
		{"framework", cel.StringType},
		{"messageType", cel.StringType},
		{"failingQueue", cel.StringType},
		{"exceptionType", cel.StringType},
		{"exceptionMessage", cel.StringType},
		{"innerType", cel.StringType},
		{"innerMessage", cel.StringType},
		{"reason", cel.StringType},
		{"description", cel.StringType},
		{"firstOwnFrame", cel.StringType},
		{"handler", cel.StringType},
		{"identity", cel.StringType},
		{"traceId", cel.StringType},
		{"failedAt", cel.TimestampType},
	},
	"incident": {
		{"count", cel.IntType},
		{"generation", cel.IntType},
		{"age", cel.DurationType},
		{"firstSeen", cel.TimestampType},
	},
	"source": {
		{"name", cel.StringType},
		{"entity", cel.StringType},
		{"deadLetter", cel.BoolType},
	},
	"message": {
		{"type", cel.StringType},
		{"id", cel.StringType},
		{"correlationId", cel.StringType},
		{"framework", cel.StringType},
		{"enqueuedAt", cel.TimestampType},
	},
	"feature": {
		{"name", cel.StringType},
		{"key", cel.StringType},
		{"count", cel.IntType},
	},
}

type variable struct {
	name string
	typ  *cel.Type
}

// names lists the variables of each scope. event and headers have no fixed
// fields.
var names = [...][]string{
	Failures:   {"failure", "source", "message", "headers"},
	Incidents:  {"failure", "incident", "source", "message", "headers"},
	Links:      {"failure", "incident", "source"},
	Events:     {"event", "message", "headers"},
	Milestones: {"event", "message", "headers", "feature"},
}

// base is the language without variables.
var base = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewCustomEnv(append([]cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(function.Standard())),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserExpressionSizeLimit(maxText),
		cel.RegexProgramSizeLimit(1000),
	}, function.Options()...)...)
})

// envs are the scopes, each built when its first text is compiled.
var envs = [...]func() (*cel.Env, error){
	Failures:   envOf(Failures),
	Incidents:  envOf(Incidents),
	Links:      envOf(Links),
	Events:     envOf(Events),
	Milestones: envOf(Milestones),
}

func envOf(s Scope) func() (*cel.Env, error) {
	return sync.OnceValues(func() (*cel.Env, error) {
		b, err := base()
		if err != nil {
			return nil, err
		}
		return b.Extend(declare(s)...)
	})
}

// declare declares each field as a variable of its own, "failure.handler":
// a misspelt one is then an error of compilation, and reading one costs
// neither a map nor reflection.
func declare(s Scope) []cel.EnvOption {
	var opts []cel.EnvOption
	for _, name := range names[s] {
		switch name {
		case "event":
			opts = append(opts, cel.Variable(name, cel.DynType))
		case "headers":
			opts = append(opts, cel.Variable(name, cel.MapType(cel.StringType, cel.StringType)))
		}
		for _, v := range fields[name] {
			opts = append(opts, cel.Variable(name+"."+v.name, v.typ))
		}
	}
	return opts
}
