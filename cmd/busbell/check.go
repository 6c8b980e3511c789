package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/check"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/triage/explain"
)

func checkCommand() *cobra.Command {
	var send, asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check settings, connections and permissions, and show how to fix problems",
		Long: `Check settings, connections and permissions, and show how to fix problems.

It prints a line for each check: ✓ passed, ✗ failed, ! passed with advice. It
checks the settings and busbell.yaml, then Service Bus and what each source
holds, queues that hold failures and are not watched, the ledger, Slack and each
channel, the pager and the clock. It reads messages and leaves them in place.
It exits with 1 if a check fails.

In Azure the app returns the same as JSON from POST /api/check, with the
function's key.`,
		Example: "  busbell check\n  busbell check --send\n  busbell check --json | jq 'select(.ok | not)'",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd, operator.New(os.LookupEnv), send, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&send, "send", false, "post a test message in Slack, and raise and close a test alert")
	flags.BoolVar(&asJSON, "json", false, "print each check as a line of JSON")
	return cmd
}

func runCheck(cmd *cobra.Command, o *operator.Tools, send, asJSON bool) error {
	facts := o.Check(cmd.Context(), send)
	failed := 0
	for _, f := range facts {
		if !f.OK {
			failed++
		}
		err := error(nil)
		if asJSON {
			err = operator.WriteJSON(cmd.OutOrStdout(), f)
		} else {
			err = writeFact(cmd.OutOrStdout(), f)
		}
		if err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed; each line with ✗ says what to do", failed, explain.Plural(len(facts), "check"))
	}
	return nil
}

// writeFact writes a fact in one line.
func writeFact(to io.Writer, f check.Fact) error {
	sign := "✓"
	switch {
	case !f.OK:
		sign = "✗"
	case f.Cure != "":
		sign = "!"
	}
	line := sign + " " + f.Name + ": " + f.Detail
	if f.Cure != "" {
		line += "; " + f.Cure
	}
	_, err := fmt.Fprintln(to, line)
	return err
}
