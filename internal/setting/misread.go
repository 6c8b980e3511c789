package setting

// A Misread says why a text could not be parsed. What and Cure are those of the
// [Problem] that is made of it; Offset is in bytes within the text.
type Misread struct {
	Offset     int
	What, Cure string
}

func (m *Misread) Error() string { return m.What + "; " + m.Cure }
