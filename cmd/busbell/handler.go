package main

import (
	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/app"
)

func handlerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "handler",
		Short: "Run what the Functions host starts, as the demo does",
		Args:  nothing,
		RunE:  func(cmd *cobra.Command, _ []string) error { return app.Main(cmd.Context()) },
	}
}
