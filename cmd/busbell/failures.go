package main

import "github.com/spf13/cobra"

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
