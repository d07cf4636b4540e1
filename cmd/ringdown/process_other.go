//go:build !linux

package main

import "syscall"

// apart puts a process into a group of its own, so that Ctrl-C reaches this one alone, which stops
// in order.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
