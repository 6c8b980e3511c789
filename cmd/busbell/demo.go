package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/app"
	"github.com/busbell/busbell/internal/demo"
)

func demoCommand() *cobra.Command {
	var cfg demo.Config
	var remote bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a small shop fail and recover, all on this machine",
		Long: `Watch a small shop fail and recover, all on this machine.

The real handler runs as the Functions host would run it, on stand-ins for
Service Bus, Slack and OpsGenie. Open the page whose address is printed first.`,
		Example: "  busbell demo\n  busbell demo --for 20s    exits with 1 unless all was seen",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := listens(cmd, "addr", cfg.Addr, remote); err != nil {
				return err
			}
			if cmd.Flags().Changed("for") && cfg.For < time.Second {
				return usage(cmd, "--for %s is too short to see anything", cfg.For)
			}
			cfg.Out = cmd.OutOrStdout()
			return demo.Run(cmd.Context(), cfg)
		},
	}
	cmd.Flags().DurationVar(&cfg.For, "for", 0, "end after this `time`, and fail unless an incident, its page, its resolution and a milestone were seen")
	cmd.Flags().StringVar(&cfg.Addr, "addr", "127.0.0.1:9700", "`address` of the page; port 0 is any")
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "`folder` of other host.json, busbell.yaml and bin/handler than those inside")
	allowRemote(cmd, &remote)
	return cmd
}

func handlerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "handler",
		Short: "Run what the Functions host starts, as the demo does",
		Args:  nothing,
		RunE:  func(cmd *cobra.Command, _ []string) error { return app.Main(cmd.Context()) },
	}
}
