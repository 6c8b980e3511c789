package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/app"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "busbell", app.Version())
			return err
		},
	}
}
