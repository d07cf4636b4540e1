package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// blockSize is how many ports a cluster has.
const blockSize = 40

// ports is the first of a cluster's block of ports on 127.0.0.1.
type ports int

// The places of the fixed ports in the block. Each role has two from firstRole on, for itself and for its metrics.
const (
	balancerPort = iota
	carrierPort
	uiPort
	temporalPort
	postgresPort
	controlPort
	temporalHTTPPort
	temporalMetricsPort
	historyPort
	matchingPort
	internalPort
	frontendMembersPort
	historyMembersPort
	matchingMembersPort
	internalMembersPort
	_
	firstRole
)

// maxRoles is how many roles there can ever be in one cluster.
const maxRoles = (blockSize - firstRole) / 2

func (p ports) at(place int) int { return int(p) + place }

func (p ports) address(place int) string { return fmt.Sprintf("127.0.0.1:%d", p.at(place)) }

func (p ports) url(place int) string { return "http://" + p.address(place) }

// portsFile is where a folder keeps the block that it had last.
const portsFile = "ports"

// freeWithin is how long the ports of a cluster that was killed may take to be free.
const freeWithin = 5 * time.Second

// claimPorts takes the block of ports that begins with first. Zero means the one that the folder had last, where it is
// free: what asks at old addresses, as Temporal does of its own services, finds them. Else any block will do.
func claimPorts(folder string, first int) (ports, error) {
	p := ports(first)
	text, _ := os.ReadFile(filepath.Join(folder, portsFile))
	last, _ := strconv.Atoi(strings.TrimSpace(string(text))) // none counts as zero
	if first == 0 || first == last {
		p = ports(last)
		for until := time.Now().Add(freeWithin); last != 0 && p.taken() != nil && time.Now().Before(until); {
			time.Sleep(20 * time.Millisecond)
		}
	}
	if first == 0 && (last == 0 || p.taken() != nil) {
		var err error
		if p, err = freePorts(); err != nil {
			return 0, err
		}
	}
	if err := p.taken(); err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(folder, portsFile), fmt.Appendln(nil, int(p)), 0o600); err != nil {
		return 0, fmt.Errorf("keep the ports in the folder: %w", err)
	}
	return p, nil
}

// freePorts finds any free block, below those that the system gives to outgoing connections.
func freePorts() (p ports, err error) {
	for range 50 {
		p = ports(20000 + blockSize*rand.IntN(12000/blockSize))
		if err = p.taken(); err == nil {
			return p, nil
		}
	}
	return 0, fmt.Errorf("no block of %d free ports: %w", blockSize, err)
}

// taken names each port of the block that somebody listens at.
func (p ports) taken() error {
	if p < 1024 || p > 65535-blockSize {
		return fmt.Errorf("ports from %d on: want a first port from 1024 to %d", int(p), 65535-blockSize)
	}
	var taken []error
	for place := range blockSize {
		listener, err := net.Listen("tcp", p.address(place))
		if err != nil {
			taken = append(taken, fmt.Errorf("port %d of %d to %d is in use", p.at(place), p.at(0), p.at(blockSize-1)))
			continue
		}
		taken = append(taken, listener.Close())
	}
	return errors.Join(taken...)
}
