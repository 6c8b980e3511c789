package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage/explain"
)

func failuresCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "failures",
		Short: "See what lies in the sources that busbell.yaml watches",
		Long: `See what lies in the sources that busbell.yaml watches.

Messages are looked at and not taken: nothing in Service Bus changes by it.
What is shown is masked, and bodies are described.`,
		Args: known,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(failuresListCommand(), failuresShowCommand())
	return cmd
}

// filterFlags say which failures are meant.
type filterFlags struct {
	explain.Filter
	olderThan string
}

func (f *filterFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Fingerprint, "fingerprint", "", "only failures with this `fingerprint`")
	flags.StringVar(&f.Type, "type", "", "only messages of this `type`, with or without its namespace, * allowed")
	flags.StringVar(&f.Queue, "queue", "", "only what failed in this `queue`, * allowed")
	flags.StringVar(&f.ID, "id", "", "only the message with this `identity`, or broker's id")
	flags.StringVar(&f.olderThan, "older-than", "", "only what failed longer ago than this `time`, like 90m or 2d")
}

// filter is what the flags ask for.
func (f *filterFlags) filter(cmd *cobra.Command, now time.Time) (explain.Filter, error) {
	if f.olderThan == "" {
		return f.Filter, nil
	}
	var d setting.Duration
	if err := d.UnmarshalText([]byte(f.olderThan)); err != nil {
		if wrong, ok := errors.AsType[*setting.Misread](err); ok {
			return f.Filter, usage(cmd, "--older-than %s: %s", f.olderThan, wrong.Error())
		}
		return f.Filter, usage(cmd, "--older-than %s: %v", f.olderThan, err)
	}
	if d.Std() <= 0 {
		return f.Filter, usage(cmd, "--older-than %s is no time ago; write it like 90m or 2d", f.olderThan)
	}
	f.Before = now.Add(-d.Std())
	return f.Filter, nil
}
