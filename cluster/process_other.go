//go:build !linux

package cluster

import "syscall"

// attributes put a process into a group of its own. Where it may not be root it is somebody else.
func attributes(unprivileged bool) (*syscall.SysProcAttr, error) {
	a := &syscall.SysProcAttr{Setpgid: true}
	if !unprivileged {
		return a, nil
	}
	who, err := unprivilegedUser()
	a.Credential = who
	return a, err
}
