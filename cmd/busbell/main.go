// Command busbell is the operator's command line, one file per subcommand.
//
// It exits with 0 when it is done, with 1 when its work failed, and with 2
// when it was used wrongly. Ctrl-C ends what runs in good order, a second one
// at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the next signal kills
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, "busbell:", err) // nobody to tell
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "busbell",
		Short:         "Rings when something fails on your service bus",
		Args:          known,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd, "%s", err)
	})
	root.AddCommand(checkCommand(), demoCommand(), emulatorCommand(), explainCommand(), failuresCommand(), handlerCommand(), versionCommand())
	return root
}

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

// A usageError says that the command line is wrong.
type usageError struct{ what, help string }

func (e *usageError) Error() string { return e.what + "; run: " + e.help }

func usage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{what: fmt.Sprintf(format, args...), help: cmd.CommandPath() + " --help"}
}

// known refuses what is no command, and guesses what was meant.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return &usageError{what: fmt.Sprintf("there is no command %q", args[0]), help: "busbell " + strings.Join(near, ", or: busbell ")}
	}
	return usage(cmd, "there is no command %q", args[0])
}

// nothing refuses arguments.
func nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, "%q is one word too many", args[0])
	}
	return nil
}
