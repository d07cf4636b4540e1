//go:build !linux

package drill

// memory is how much the machine has.
func memory() string { return "memory unknown" }
