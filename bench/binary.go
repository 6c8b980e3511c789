package main

import "context"

// binary measures what is deployed.
func binary(_ context.Context, l *lab) ([]line, error) {
	handler, empty, err := l.programs()
	if err != nil {
		return nil, err
	}
	ours, err := size(handler)
	if err != nil {
		return nil, err
	}
	baseline, err := size(empty)
	if err != nil {
		return nil, err
	}
	return []line{{What: "handler: stripped binary", Unit: "MiB", pair: against(ours, baseline), Budget: atMost(24), Beside: "an empty net/http program"}}, nil
}
