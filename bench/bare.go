package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"
)

// closing is how long a link or connection may take to be closed.
const closing = 5 * time.Second

// bareLoop is the least that reads a queue: the SDK's peek, page after page,
// by a fresh receiver, looking at nothing. It returns how many there were.
func bareLoop(ctx context.Context, client *azservicebus.Client, queue string) (int, error) {
	receiver, err := client.NewReceiverForQueue(queue, nil)
	if err != nil {
		return 0, fmt.Errorf("peek %s: %w", queue, err)
	}
	defer func() { _ = receiver.Close(ctx) }()
	n, from := 0, int64(0)
	for {
		page, err := receiver.PeekMessages(ctx, 1000, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
		if err != nil {
			return n, fmt.Errorf("peek %s: %w", queue, err)
		}
		if len(page) == 0 {
			return n, nil
		}
		n += len(page)
		from = *page[len(page)-1].SequenceNumber + 1
	}
}

// peekBare is the role of the bare loop, with a connection string and queues,
// of which eight are read at once. It prints the most memory it took, in MiB.
func peekBare(ctx context.Context, args []string) error {
	client, err := azservicebus.NewClientFromConnectionString(args[0], nil)
	if err != nil {
		return err
	}
	var links errgroup.Group
	links.SetLimit(8)
	for _, queue := range args[1:] {
		links.Go(func() error {
			_, err := bareLoop(ctx, client, queue)
			return err
		})
	}
	if err := links.Wait(); err != nil {
		return err
	}
	peak, err := memoryOf(os.Getpid(), peakMemory)
	if err != nil {
		return err
	}
	fmt.Println(strconv.FormatFloat(peak, 'f', 2, 64))
	_, _ = io.Copy(io.Discard, os.Stdin)
	return client.Close(ctx)
}
