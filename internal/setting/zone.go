package setting

import (
	"time"
	_ "time/tzdata" // a machine in the cloud may have no time zones
)

// A Zone is a time zone by its name in the IANA database, "Europe/Rome". The
// zero Zone is UTC.
type Zone struct{ loc *time.Location }

// UnmarshalText parses the name of a zone. Its error is a *[Misread].
func (z *Zone) UnmarshalText(text []byte) error {
	name := string(text)
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return &Misread{What: quoted(name) + " is not a time zone", Cure: `write its IANA name, like "Europe/Rome" or "UTC"`}
	}
	z.loc = loc
	return nil
}

// Location is the zone as a *time.Location, never nil.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// String is the zone's name.
func (z Zone) String() string { return z.Location().String() }
