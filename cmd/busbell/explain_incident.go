package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/triage/explain"
)

// explainIncident tells the life of an incident out of the ledger: what was
// decided and why, what was said of it, and what became of that.
func explainIncident(cmd *cobra.Command, o *operator.Tools, id string, asJSON bool) error {
	incidents, delivery, err := o.Records()
	if err != nil {
		return err
	}
	k, err := theIncident(cmd, incidents, id)
	if err != nil {
		return err
	}
	said, err := delivery.History(cmd.Context(), explain.About(k.Incident))
	if err != nil {
		return err
	}
	out := newOutput(cmd, new(privacy.Masker), asJSON, true) // the ledger holds nothing unmasked
	life := explain.NewLife(k.Incident, said)
	if asJSON {
		return out.json(life)
	}
	return out.text(func(t *explain.Text) { t.Life(life) })
}

// theIncident is the one that an id names.
func theIncident(cmd *cobra.Command, incidents incident.Store, id string) (incident.Stored, error) {
	found, err := incidents.FindByPrefix(cmd.Context(), id)
	switch {
	case err != nil:
		return incident.Stored{}, err
	case len(found) == 0:
		return incident.Stored{}, fmt.Errorf("there is no incident %q in %s; its id stands below its message in Slack, and in busbell failures list", id, incidents.Environment)
	case len(found) == 1:
		return found[0], nil
	}
	several := fmt.Errorf("%d incidents begin with %q; name one of them", len(found), id)
	lines := []error{several}
	for _, k := range found[:min(len(found), 10)] {
		lines = append(lines, fmt.Errorf("  %s  %s", k.Fingerprint, notice.Headline(&k.Incident).Plain()))
	}
	return incident.Stored{}, errors.Join(lines...)
}
