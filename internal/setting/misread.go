package setting

// A Misread is why a text could not be read as what it should be. What and
// Cure are those of the [Problem] that it becomes; Offset counts bytes within
// the text.
type Misread struct {
	Offset     int
	What, Cure string
}

func (m *Misread) Error() string { return m.What + "; " + m.Cure }
