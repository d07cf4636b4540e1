package cluster

import "syscall"

// capDACOverride is the right to pass folders that are closed to others.
const capDACOverride = 1

// attributes put a process into a group of its own that ends with this process, whatever happens to it. Where it may not
// be root it is somebody else, who may still pass through root's folders to its own.
func attributes(unprivileged bool) (*syscall.SysProcAttr, error) {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if !unprivileged {
		return a, nil
	}
	a.Pdeathsig = syscall.SIGQUIT // what Postgres needs to take its children with it
	who, err := unprivilegedUser()
	if err == nil && who != nil {
		a.Credential, a.AmbientCaps = who, []uintptr{capDACOverride}
	}
	return a, err
}
