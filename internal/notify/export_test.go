package notify

// Between makes f be called between the steps of every delivery: the places
// where a process can die.
func (d *Delivery) Between(f func(step string)) { d.step = f }
