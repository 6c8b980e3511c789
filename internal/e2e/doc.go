// Package e2e holds only tests: the whole handler, started as the Functions
// host starts it, between stand-ins for everything that it talks to, also
// killed, with clocks that differ, and beside another instance of itself.
package e2e
