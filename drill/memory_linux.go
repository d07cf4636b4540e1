package drill

import (
	"fmt"
	"syscall"
)

// memory is how much the machine has.
func memory() string {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%d GiB", (uint64(info.Totalram)*uint64(info.Unit)+(1<<29))>>30) //nolint:unconvert // its type differs between machines
}
