package demo

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/demo/shop"
)

// live repeats a day in the shop until ctx ends: customers order, sometimes a
// message fails, and a while later somebody fixes it.
func (s *stage) live(ctx context.Context) error {
	for round := 0; ; round++ {
		for _, play := range day(round) {
			if err := sleep(ctx, 5*time.Second); err != nil {
				return nil
			}
			if err := play(ctx, s); err != nil {
				return err
			}
		}
	}
}

// day is what happens in about half a minute.
func day(round int) []func(context.Context, *stage) error {
	usual := []shop.Problem{shop.LabelMissing, shop.MailboxFull, shop.DatabaseSlow, shop.GatewayDown}
	people := []string{"Barbara L.", "Edsger D.", "Frances A.", "Ken T.", "Radia P."}
	p := usual[round%len(usual)]
	who := people[round%len(people)]
	level := []string{"Gold", "Silver", "Platinum"}[round%3]
	return []func(context.Context, *stage) error{
		mends("A quiet moment", shop.LabelMissing, shop.MailboxFull, shop.DatabaseSlow, shop.PointsTwice),
		quietOrder,
		refund,
		breaks(1+round%4, p),
		reaches(who, level),
		drips(1, p),
		mends(p.Queue+" is well again", p),
	}
}

func quietOrder(ctx context.Context, s *stage) error { return s.shop.Order(ctx, 42) }
