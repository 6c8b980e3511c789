// Command bench measures the figures that Busbell promises (docs/design.md,
// section 8), each beside a baseline in the same run, because machines differ
// and ratios travel.
//
//	go run ./bench                 all of them, in about two minutes
//	go run ./bench cold peek       some of them
//	go run ./bench -json -strict   for machines; exit 1 if one is over budget
//
// First the handler and an empty program are built as they ship, then each
// bench takes ours and its baseline in turns, some rounds of both, and the
// medians make its lines of the table. A ratio is the median of the rounds'
// own ratios, which bears a busy machine better than the ratio of medians.
// What stands in for Service Bus runs in a process of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// A bench measures some lines of the table.
type bench struct {
	name, about string
	run         func(context.Context, *lab) ([]line, error)
}

func benches() []bench {
	return []bench{
		{"cold", "the handler's start until its first answer", cold},
		{"invocation", "what the door adds to a call", invocation},
		{"events", "events through the handler, by 50 rules", events},
		{"peek", "reading and grouping 10,000 failures", peek},
		{"backlog", "a pass over what is there for long", backlog},
		{"understand", "reading one failure, masking what is shown", understand},
		{"storm", "a pass over 100,000 failures", storm},
		{"cpu", "what a message costs the handler", cpu},
		{"memory", "of the handler, idle and after a pass", memory},
		{"binary", "the size of what is deployed", binary},
		{"emulator", "the stand-in for Service Bus", emulator},
		{"sessions", "the sessions of the stand-in", sessions},
		{"million", "a million messages in the stand-in", million},
		{"kept", "the stand-in with its messages in a file", kept},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if child := children[first(args)]; child != nil {
		return child(ctx, args[1:])
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	asJSON := flags.Bool("json", false, "print a line of JSON for each figure")
	strict := flags.Bool("strict", false, "exit 1 when a figure is over its budget")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: bench [-json] [-strict] [NAME…]")
		for _, b := range benches() {
			fmt.Fprintf(flags.Output(), "  %-11s %s\n", b.name, b.about)
		}
	}
	_ = flags.Parse(args) // it exits on an error
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	lines, err := measure(ctx, chosen)
	if *asJSON {
		err = errors.Join(err, writeJSON(os.Stdout, lines))
	} else {
		writeTable(os.Stdout, lines)
	}
	if *strict && slices.ContainsFunc(lines, line.over) {
		err = errors.Join(err, errors.New("over budget"))
	}
	return err
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// choose finds benches by name; no name means all.
func choose(names []string) ([]bench, error) {
	all := benches()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []bench
	for _, name := range names {
		i := slices.IndexFunc(all, func(b bench) bool { return b.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no bench %q; run it with -h for a list, and put flags before names", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// measure runs one bench after the other. One that breaks does not stop the
// rest.
func measure(ctx context.Context, chosen []bench) ([]line, error) {
	l, err := newLab(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	var lines []line
	var errs []error
	for _, b := range chosen {
		begun := time.Now()
		fmt.Fprintf(os.Stderr, "%-11s %s… ", b.name, b.about)
		got, err := b.run(ctx, l)
		fmt.Fprintf(os.Stderr, "%.1f s\n", time.Since(begun).Seconds())
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", b.name, err))
		}
		for i := range got {
			got[i].Bench, got[i].What = b.name, strings.TrimSpace(got[i].What)
		}
		lines = append(lines, got...)
		if ctx.Err() != nil {
			break
		}
	}
	return lines, errors.Join(errs...)
}
