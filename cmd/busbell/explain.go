package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
	"github.com/busbell/busbell/internal/operator"
)

// explainFlags are what the command line says.
type explainFlags struct {
	source, event, incident string
	json                    bool
}

func explainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain FILE... | --source NAME | --event FILE | --incident ID",
		Short: "Say what is understood of a message, which rules match, and what would be told",
		Long: `Say what is understood of a message, which rules match, and what would be told.

Nothing is sent, written or taken away. FILE holds one message as JSON (see
docs/message-files.md); - is the standard input. It needs no settings and no
network. Rules are those of busbell.yaml (BUSBELL_CONFIG, else the one in this
folder), if there is one. With --json a file's message is shown as it is: the
file is yours. What people read, and what lies in a live source, is masked.`,
		Example: "  busbell explain failed.json\n  busbell explain --source error\n  busbell explain --event order-placed.json\n  busbell explain --incident 1-b99c68b90936757a",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := f.check(cmd, files); err != nil {
				return err
			}
			o := operator.New(os.LookupEnv)
			switch {
			case f.source != "":
				return explainSource(cmd, o, f.source, f.json)
			case f.event != "":
				return explainEvent(cmd, o, f.event, f.json)
			case f.incident != "":
				return explainIncident(cmd, o, f.incident, f.json)
			}
			return explainFiles(cmd, o, files, f.json)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.source, "source", "", "explain what lies in a source of busbell.yaml, by its `name` or path")
	flags.StringVar(&f.event, "event", "", "explain what the features make of the event in a message `file`")
	flags.StringVar(&f.incident, "incident", "", "tell the life of an incident by its `id`, which stands below its message: what was decided and said, and what became of it")
	flags.BoolVar(&f.json, "json", false, "print one JSON object a line for each message")
	return cmd
}

// check refuses nothing to explain, and two things at once.
func (f explainFlags) check(cmd *cobra.Command, files []string) error {
	asked := 0
	for _, is := range []bool{len(files) > 0, cmd.Flags().Changed("source"), cmd.Flags().Changed("event"), cmd.Flags().Changed("incident")} {
		if is {
			asked++
		}
	}
	switch {
	case asked == 0:
		return usage(cmd, "nothing to explain: name message files, --source, --event or --incident")
	case asked > 1:
		return usage(cmd, "explain either files, or --source, or --event, or --incident")
	case cmd.Flags().Changed("source") && f.source == "", cmd.Flags().Changed("event") && f.event == "", cmd.Flags().Changed("incident") && f.incident == "":
		return usage(cmd, "--source, --event and --incident need a name")
	}
	return nil
}

// explainFiles explains each message as if it alone lay in its place. A file
// that cannot be read does not stop the others.
func explainFiles(cmd *cobra.Command, o *operator.Tools, files []string, asJSON bool) error {
	w, err := o.Watch()
	if err != nil {
		return err
	}
	cfg, found, err := o.Config()
	if err != nil {
		return err
	}
	out := newOutput(cmd, w.Masker, asJSON, asJSON)
	var wrong []error
	for _, name := range files {
		m, err := readMessage(cmd.InOrStdin(), name)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		x := w.Explainer(cfg.SourceOf(m.Entity)).Explain(m)
		if err := out.failure(name, m, x, 1); err != nil {
			return err
		}
	}
	return errors.Join(append(wrong, out.end(found))...)
}

// largestMessage is more than a message file of the largest message has.
const largestMessage = 256 << 20

// readMessage reads a message file.
func readMessage(stdin io.Reader, name string) (*message.Message, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, largestMessage+1))
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case len(data) > largestMessage:
		return nil, fmt.Errorf("%s: larger than any message file; name a file with one message", name)
	}
	f, err := messagefile.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &f.Message, nil
}

// unreadable says what to do about a file that cannot be read.
func unreadable(name string, err error) error {
	if info, stat := os.Stat(name); stat == nil && info.IsDir() {
		return fmt.Errorf("%s: is a folder; name the files in it, like %s/*.json", name, name)
	}
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrong.Err
	}
	return fmt.Errorf("%s: %w; name a message file", name, err)
}
