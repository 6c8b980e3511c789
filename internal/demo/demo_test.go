package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNoSettingOfTheCallerReachesTheHandler(t *testing.T) {
	got := harmless([]string{
		"PATH=/bin", "Path=/bin", "HOME=/root", "LANG=C", "GODEBUG=x=1",
		"ServiceBus=real", "servicebus__fullyQualifiedNamespace=real", "SLACK_BOT_TOKEN=real", "OPSGENIE_API_KEY=real",
		"AzureWebJobsStorage=real", "AZURE_CLIENT_SECRET=real", "PING_URL=real", "WEBSITE_SITE_NAME=real", "HTTPS_PROXY=real",
		"SERVICEBUS_RESOURCE_ID=real", "AzureWebJobs.ErrorQueueTimer.Disabled=true", "IDENTITY_ENDPOINT=real",
	})
	if want := []string{"PATH=/bin", "Path=/bin", "HOME=/root", "LANG=C", "GODEBUG=x=1"}; !slices.Equal(got, want) {
		t.Errorf("passed %q", got)
	}
}

func TestPageMovesWhereItsPortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var out bytes.Buffer
	cloud, err := openCloud(l.Addr().String(), &console{out: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cloud.Close() }()
	if !strings.Contains(out.String(), l.Addr().String()+" is in use") || strings.HasSuffix(cloud.URL, l.Addr().String()) {
		t.Errorf("page at %s, said %q", cloud.URL, out.String())
	}
}

func TestMissingFilesHaveACure(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, Addr: "127.0.0.1:0", Out: new(bytes.Buffer)}
	if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("without host.json: %v", err)
	}
	for name, text := range map[string]string{
		"host.json":                     `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"bin/handler"}}}`,
		"ErrorQueueTimer/function.json": `{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"%ERROR_QUEUE_SCHEDULE%"}]}`,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Run(t.Context(), cfg); err == nil || !strings.HasSuffix(err.Error(), "run: make build") {
		t.Errorf("without bin/handler: %v", err)
	}
}

func TestTheEndOfTheDemoIsNoError(t *testing.T) {
	late := fmt.Errorf("sending: %w", context.DeadlineExceeded)
	broken := errors.New("sending: no such queue")
	soon, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	far, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx       context.Context
		err, want error
	}{
		"a client saw the deadline first": {soon, late, nil},
		"something else at the end":       {soon, broken, broken},
		"too slow long before the end":    {far, late, late},
		"after Ctrl-C":                    {over, broken, nil},
	} {
		if got := ended(tt.ctx, tt.err); !errors.Is(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// What is to be told on messages of its own must not come together with more
// than five new kinds, or a digest tells it.
func TestStoryKeepsItsIncidentsApart(t *testing.T) {
	last := scene{}
	for i, sc := range story() {
		if sc.at < last.at {
			t.Errorf("scene %d is at %v, after one at %v", i, sc.at, last.at)
		}
		last = sc
	}
	if last.at >= enough {
		t.Errorf("the story ends at %v, too late to be seen within %v", last.at, enough)
	}
}
