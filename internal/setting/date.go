package setting

import "time"

// A Date is a day in UTC, written 2026-12-31. The zero Date is no date.
type Date struct{ first time.Time }

// UnmarshalText parses a date. Its error is a *[Misread].
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return &Misread{What: quoted(string(text)) + " is not a date", Cure: "write it like 2026-12-31"}
	}
	d.first = t
	return nil
}

// IsZero reports whether the date is unset.
func (d Date) IsZero() bool { return d.first.IsZero() }

// Over reports whether the day has ended by t. An unset date is never over.
func (d Date) Over(t time.Time) bool {
	return !d.IsZero() && !t.Before(d.first.AddDate(0, 0, 1))
}

// String is the date as it is written, or "" if it is unset.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.first.Format(time.DateOnly)
}
