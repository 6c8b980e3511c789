// Package lifecycle changes incidents and says so: it applies what people do to
// them, and rebuilds those whose rows were lost.
package lifecycle

import (
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
)

// A Tracker changes the incidents of one environment.
type Tracker struct {
	Incidents  incident.Store
	Journal    *incident.Journal
	Deployment notice.Deployment
}
