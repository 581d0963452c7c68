package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
	core "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// podGate maintains an ipset with the addresses of pods whose network policies are in force. kube-router has no rules
// for a pod until its containers run, so the node drops connections of pods that are not in this set.
type podGate struct {
	cache.ResourceEventHandlerFuncs
	set     string
	pods    cache.Store
	rules   utils.IPTablesHandler
	members map[string]bool
	changed chan struct{}
}

func newPodGate(set string, pods cache.Store, rules utils.IPTablesHandler) *podGate {
	gate := &podGate{set: set, pods: pods, rules: rules, members: map[string]bool{}, changed: make(chan struct{}, 1)}
	notify := func() {
		select {
		case gate.changed <- struct{}{}:
		default: // an update is already pending
		}
	}
	gate.ResourceEventHandlerFuncs = cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	}
	return gate
}

func (g *podGate) run(stop <-chan struct{}) {
	var retry <-chan time.Time
	for {
		select {
		case <-stop:
			return
		case <-g.changed:
		case <-retry:
		}
		retry = nil
		if complete, err := g.update(); err != nil {
			klog.Errorf("failed to update ipset %s: %v", g.set, err)
			retry = time.After(time.Second)
		} else if !complete {
			retry = time.After(50 * time.Millisecond)
		}
	}
}

// update removes the addresses of terminated pods, and adds those of pods for which kube-router has rules. It returns
// whether the set is complete.
func (g *podGate) update() (bool, error) {
	addresses := g.addresses()
	for address := range g.members {
		if !addresses[address] {
			if err := g.ipset("del", address); err != nil {
				return false, err
			}
			delete(g.members, address)
		}
	}
	if len(g.members) == len(addresses) {
		return true, nil
	}
	enforced, err := g.enforced()
	if err != nil {
		return false, err
	}
	for address := range addresses {
		if !g.members[address] && enforced[address] {
			if err := g.ipset("add", address); err != nil {
				return false, err
			}
			g.members[address] = true
		}
	}
	return len(g.members) == len(addresses), nil
}

// addresses returns the addresses of all running pods with their own network namespace.
func (g *podGate) addresses() map[string]bool {
	addresses := map[string]bool{}
	for _, object := range g.pods.List() {
		pod := object.(*core.Pod)
		ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended {
			addresses[pod.Status.PodIP] = true
		}
	}
	return addresses
}

var jumpToPodChain = regexp.MustCompile(`-d ([0-9.]+)/32 .*-j KUBE-POD-FW-`)

// enforced returns the addresses for which kube-router has rules. It writes the jump to a pod's chain together with
// that chain and those of its policies.
func (g *podGate) enforced() (map[string]bool, error) {
	const chain = "KUBE-ROUTER-FORWARD"
	addresses := map[string]bool{}
	exists, err := g.rules.ChainExists("filter", chain)
	if err != nil || !exists {
		return addresses, err
	}
	rules, err := g.rules.List("filter", chain)
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if match := jumpToPodChain.FindStringSubmatch(rule); match != nil {
			addresses[match[1]] = true
		}
	}
	return addresses, nil
}

func (g *podGate) ipset(command, address string) error {
	if output, err := exec.Command("ipset", "-exist", command, g.set, address).CombinedOutput(); err != nil {
		return fmt.Errorf("ipset %s %s: %w: %s", command, address, err, output)
	}
	return nil
}
