package notice

import (
	"fmt"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// EmergencyPage is the alert for a source that holds failures which page while
// the ledger cannot be read. Its alias is that of the source in this environment
// and namespace, so that repeats have no effect.
func EmergencyPage(v Deployment, to incident.Target, entity, label, priority string, failures int) notify.Notice {
	return notify.Notice{
		Key: emergencyAlias(v, entity), Alias: emergencyAlias(v, entity), Channel: to.Channel, To: to.To,
		Act: notify.Post, Reason: "the ledger cannot be read", State: notify.Unreadable, Priority: priority,
		Headline: notify.Text{notify.Ours("Blind: "), notify.Bold(label), notify.Ours(" holds failures, and the ledger cannot be read")},
		Facts: []notify.Fact{
			{Name: "Failures", Value: notify.Text{notify.Ours(fmt.Sprint(failures))}},
			{Name: "What to do", Value: notify.Text{notify.Ours("Look into the source, and at the storage account of the ledger. Slack is told nothing until it can be read again.")}},
		},
		Footer: notify.Text{notify.Foreign(v.Environment), notify.Ours(" · the ledger cannot be read")},
	}
}

// CloseEmergencyPage closes the emergency page of a source, if there is one.
func CloseEmergencyPage(v Deployment, to incident.Target, entity string) notify.Notice {
	return notify.Notice{
		Key: emergencyAlias(v, entity) + "/end", Page: emergencyAlias(v, entity), Alias: emergencyAlias(v, entity), Channel: to.Channel, To: to.To,
		Act: notify.Close, Reason: "the ledger can be read again", State: notify.Resolved,
		Headline: notify.Text{notify.Ours("Over: the ledger can be read again; what is left has an alert of its own")},
	}
}

func emergencyAlias(v Deployment, entity string) string {
	return incident.Alias(v.Environment, v.Namespace, entity, "blind")
}
