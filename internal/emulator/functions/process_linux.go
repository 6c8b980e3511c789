package functions

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the process when this program dies, so
// that no handler is left behind even after a SIGKILL.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
