package setting

// A Cured is an error with its cure: what to do about it.
type Cured struct {
	Err  error
	Cure string
}

func (e *Cured) Error() string { return e.Err.Error() + "; " + e.Cure }
func (e *Cured) Unwrap() error { return e.Err }

// Cure returns err with a cure, or err alone if the cure is empty.
func Cure(err error, cure string) error {
	if err == nil || cure == "" {
		return err
	}
	return &Cured{Err: err, Cure: cure}
}
