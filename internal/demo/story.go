package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/demo/shop"
)

// A scene is one thing that happens in the shop.
type scene struct {
	at    time.Duration // after the opening, at the earliest
	after *shop.Problem // that must be posted first
	play  func(context.Context, *stage) error
}

// patience is how long a scene waits for a problem to be posted.
const patience = 10 * time.Second

// story is the first quarter of a minute. Passes are three seconds apart.
// A scene waits for an earlier problem where both should have messages of their own:
// more than five new problems in one pass become a digest.
func story() []scene {
	const ms = time.Millisecond
	return []scene{
		{at: 0, play: opens},
		{at: 400 * ms, play: orders3},
		{at: 1000 * ms, play: breaks(3, shop.DatabaseSlow)},
		{at: 1200 * ms, play: breaks(1, shop.LabelMissing)},
		{at: 1400 * ms, play: breaks(2, shop.MailboxFull)},
		{at: 1600 * ms, play: refundRefused},
		{at: 2500 * ms, play: reaches("Grace H.", "Silver")},
		{at: 3000 * ms, play: reachesTwice("Ada L.", "Gold")},
		{at: 4000 * ms, after: &shop.DatabaseSlow, play: breaks(6, shop.GatewayDown)}, // pages
		{at: 4500 * ms, play: breaks(1, shop.PointsTwice)},                            // and fails again and again from now on
		{at: 5500 * ms, play: drips(1, shop.PointsTwice)},
		{at: 6500 * ms, play: drips(1, shop.PointsTwice)},
		{at: 7000 * ms, after: &shop.GatewayDown, play: breaks(300, shop.StockDown)}, // a storm
		{at: 8000 * ms, play: drips(2, shop.PointsTwice)},
		{at: 9000 * ms, after: &shop.GatewayDown, play: mends("The card gateway is back", shop.GatewayDown)},
		{at: 10000 * ms, after: &shop.StockDown, play: breaks(2, shop.BadDeployment()...)}, // a digest
		{at: 11000 * ms, play: reaches("Alan T.", "Platinum")},
		{at: 11500 * ms, play: drips(3, shop.PointsTwice)},
		{at: 12500 * ms, play: largeOrder},
		{at: 13500 * ms, play: mends("The stock service is back", shop.StockDown)},
		{at: 14500 * ms, play: drips(4, shop.PointsTwice)},
		{at: 15500 * ms, play: mends("shop.loyalty is rolled back", shop.BadDeployment()...)},
	}
}

func opens(_ context.Context, s *stage) error {
	s.say("🛒", "The shop opens: %s, %s, %s, %s.", shop.Orders, shop.Billing, shop.Loyalty, shop.Shipping)
	return nil
}

func orders3(ctx context.Context, s *stage) error {
	for _, total := range []float64{24.9, 119, 61.5} {
		if err := s.shop.Order(ctx, total); err != nil {
			return err
		}
	}
	s.say("📦", "Three orders placed and charged.")
	return nil
}

func largeOrder(ctx context.Context, s *stage) error {
	s.say("📦", "An order of 1499 EUR.")
	return s.shop.Order(ctx, 1499)
}

// breaks lets n messages of each problem fail.
func breaks(n int, problems ...shop.Problem) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if err := s.shop.Fail(ctx, n, problems...); err != nil {
			return err
		}
		p := problems[0]
		if len(problems) > 1 {
			s.say("💥", "A bad deployment of %s: %d kinds of messages fail at once.", p.Queue, len(problems))
			return nil
		}
		s.say("💥", "%s failed in %s: %s%s", p.MessageName(), p.Queue, p.ExceptionName(), times(n))
		return nil
	}
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" ×%d", n)
}

// drips lets a few more fail, without a line on the console.
func drips(n int, p shop.Problem) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.shop.Fail(ctx, n, p) }
}

// refund dead-letters a refund, or handles the one that is dead-lettered.
func refund(ctx context.Context, s *stage) error {
	c, err := s.cloud.Bus.Counts(shop.Billing)
	if err != nil {
		return err
	}
	if c.DeadLetter == 0 {
		return refundRefused(ctx, s)
	}
	s.say("🔧", "Somebody puts the refund right by hand.")
	return s.shop.Clear(ctx, shop.Billing, c.DeadLetter)
}

// refundRefused dead-letters a message that no framework has written.
func refundRefused(ctx context.Context, s *stage) error {
	s.say("💥", "A refund was dead-lettered in %s: IbanInvalid", shop.Billing)
	return s.shop.DeadLetter(ctx, shop.Billing, "Shop.Refunds.RefundRequested", "IbanInvalid", "The account of refund r-118 has a wrong checksum.")
}

func reaches(who, level string) func(context.Context, *stage) error {
	return reach(who, level, 1)
}

// reachesTwice is one event that the broker delivers a second time.
func reachesTwice(who, level string) func(context.Context, *stage) error {
	return reach(who, level, 2)
}

func reach(who, level string, deliveries int) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		note := ""
		switch {
		case deliveries > 1:
			note = ", and the broker delivers it twice"
		case level == "Silver":
			note = ", which is worth no word"
		}
		s.say("⭐", "%s reaches %s%s.", who, level, note)
		return s.shop.ReachLevel(ctx, who, level, deliveries)
	}
}

// mends returns the failed messages of some problems to their services, which now
// handle them.
func mends(why string, problems ...shop.Problem) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		before, err := s.failures()
		if err != nil {
			return err
		}
		if err := s.shop.Return(ctx, before, problems...); err != nil {
			return err
		}
		left, err := s.failures()
		if err != nil {
			return err
		}
		switch n := before - left; n {
		case 0: // nothing of it was left
		case 1:
			s.say("🔧", "%s: the operator returns 1 message, and it is handled.", why)
		default:
			s.say("🔧", "%s: the operator returns %d messages, and they are handled.", why, n)
		}
		return nil
	}
}
