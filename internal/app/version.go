package app

// version is stamped by the build: -ldflags "-X …/internal/app.version=v1.2.3".
var version = "dev"

// Version is the version of this build; "dev" where none was stamped.
func Version() string { return version }
