package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/setting"
)

// listens refuses an address of a stand-in that other machines reach, unless
// they are allowed to: stand-ins ask for no key.
func listens(cmd *cobra.Command, flag, addr string, remote bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return usage(cmd, "--%s %s is not an address like 127.0.0.1:9700", flag, addr)
	}
	if !remote && !setting.Local(host) {
		return usage(cmd, "--%s %s is not on this machine alone: use 127.0.0.1, because anybody may use it, or add --allow-remote in a container", flag, addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return usage(cmd, "--%s %s has no port between 0 and 65535", flag, addr)
	}
	return nil
}

// allowRemote adds the flag that the container image sets.
func allowRemote(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "allow-remote", false, "listen on addresses that other machines reach, as a container has to; stand-ins ask for no key")
}

// inUse says which address of which flag somebody else listens on already.
func inUse(err error, flags map[string]string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Addr != nil {
		for flag, addr := range flags {
			if addr == op.Addr.String() {
				return fmt.Errorf("%s is in use by another program; end that, or choose another port: --%s 127.0.0.1:0", addr, flag)
			}
		}
	}
	return err
}
