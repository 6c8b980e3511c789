package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/app"
)

func checkCommand() *cobra.Command {
	var hello, asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say of everything that Busbell needs whether it is so, and what to do",
		Long: `Say of everything that Busbell needs whether it is so, and what to do.

One line a fact: ✓ it is so, ✗ it is not, ! it is so, and worth a look. Settings
and busbell.yaml are checked, then what they lead to: Service Bus and what lies
in each source, queues that hold failures and that nobody watches, the ledger,
Slack and each channel, the pager, the clock. Messages are looked at and not
taken. It ends with 1 where anything is ✗.

In Azure the app answers the same, as JSON, at POST /api/check with the
function's key.`,
		Example: "  busbell check\n  busbell check --send\n  busbell check --json | jq 'select(.ok | not)'",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return check(cmd, app.ForOperator(os.LookupEnv), hello, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&hello, "send", false, "say hello in Slack, and raise an alert and close it")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a line for each fact")
	return cmd
}

func check(cmd *cobra.Command, o *app.Operator, hello, asJSON bool) error {
	facts := o.Check(cmd.Context(), hello)
	wrong := 0
	out := json.NewEncoder(cmd.OutOrStdout())
	out.SetEscapeHTML(false)
	for _, f := range facts {
		if !f.OK {
			wrong++
		}
		err := error(nil)
		if asJSON {
			err = out.Encode(f)
		} else {
			err = writeFact(cmd.OutOrStdout(), f)
		}
		if err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %s not so; each line with ✗ says what to do", wrong, plural(len(facts), "fact"))
	}
	return nil
}

// writeFact writes a fact in one line.
func writeFact(to io.Writer, f app.Fact) error {
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
