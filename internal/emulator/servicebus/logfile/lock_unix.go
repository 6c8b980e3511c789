//go:build unix

package logfile

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other processes from opening the file until it is closed.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s is in use by another emulator", f.Name())
	}
	return err
}
