package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// runCNI stands in front of the node's network plugin, whose configuration it has as `delegate`. A pod that comes with a
// ticket gets the address and the MAC that it had, behind a fence that lifts when its last container is restored; the
// address of one that leaves stays reserved. Everything else is the delegate's. Source: CNI specification 1.1.
func runCNI(state stateDir, addresses addressDir) error {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	conf, err := parseConf(input)
	if err != nil {
		return cniError(6, err)
	}
	plugin := plugin{command: os.Getenv("CNI_COMMAND"), container: os.Getenv("CNI_CONTAINERID"),
		ifname: os.Getenv("CNI_IFNAME"), netns: os.Getenv("CNI_NETNS"), conf: conf}
	switch plugin.command {
	case "ADD":
		err = plugin.add(state, addresses)
	case "DEL":
		err = plugin.del(state, addresses)
	case "GC":
		// The delegate would free the addresses of pods that have left with them.
		return nil
	case "VERSION":
		fmt.Println(`{"cniVersion":"1.1.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}`)
		return nil
	default:
		err = plugin.delegate(conf.delegate(nil, ""), plugin.container)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		// The delegate has said itself what was wrong.
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		return cniError(11, err)
	}
	return nil
}

// cniError prints what CNI wants to read of a failure.
func cniError(code int, why error) error {
	text, _ := json.Marshal(map[string]any{"cniVersion": "1.0.0", "code": code, "msg": "restow-cni: " + why.Error()})
	fmt.Println(string(text))
	os.Exit(1)
	return why
}

type plugin struct {
	command, container, ifname, netns string
	conf                              netConf
}

func (p plugin) add(state stateDir, addresses addressDir) error {
	pod := cniArgs()
	b := bundle{Annotations: map[string]string{"io.kubernetes.cri.sandbox-namespace": pod["K8S_POD_NAMESPACE"],
		"io.kubernetes.cri.sandbox-name": pod["K8S_POD_NAME"], "io.kubernetes.cri.sandbox-uid": pod["K8S_POD_UID"]}}
	ticket, err := state.ticketOf(b, time.Now())
	if err != nil {
		return err
	}
	if ticket == nil || ticket.Address == nil || !state.isOpen(ticket) {
		return p.delegate(p.conf.delegate(nil, ""), p.container)
	}
	address := ticket.Address
	if err := state.markShut(b.podUID()); err != nil {
		return err
	}
	if err := fence(p.netns); err != nil {
		return err
	}
	if err := addresses.hold(*address, p.container); err != nil {
		return err
	}
	return p.delegate(p.conf.delegate(p.conf.fixed(*address), address.MAC), p.container)
}

func (p plugin) del(state stateDir, addresses addressDir) error {
	state.forgetShut(cniArgs()["K8S_POD_UID"])
	moving, err := state.leaving(p.container)
	if err != nil {
		return err
	}
	if moving != "" {
		if err := addresses.lend(moving, p); err != nil {
			return err
		}
	}
	record, err := addresses.of(p.container)
	if err != nil {
		return err
	}
	switch {
	case record == nil && moving == "":
		return p.delegate(p.conf.delegate(nil, ""), p.container)
	case record != nil && record.Holder == p.container && record.Origin == nil && record.Reservation != nil:
		// It came home, and now its address is free under the name by which it was reserved.
		if err := p.delegate(p.conf.delegate(nil, ""), record.Reservation.Container); err != nil {
			return err
		}
		return addresses.forget(record.IP)
	}
	if err := p.delegate(p.conf.delegate(p.conf.fixed(address{IP: "0.0.0.0", PrefixLength: 32}), ""), p.container); err != nil {
		return err
	}
	if record != nil && record.Holder == p.container {
		return addresses.giveBack(*record)
	}
	return nil
}

// delegate runs the node's own plugin; what that prints is this plugin's answer.
func (p plugin) delegate(conf map[string]any, container string) error {
	text, err := json.Marshal(conf)
	if err != nil {
		return err
	}
	name, _ := conf["type"].(string)
	return runPlugin(name, p.command, container, p.ifname, p.netns, text, os.Stdout)
}

func runPlugin(name, command, container, ifname, netns string, conf []byte, output io.Writer) error {
	if name == "" || name != filepath.Base(name) {
		return fmt.Errorf("%q is no plugin's name", name)
	}
	for _, dir := range filepath.SplitList(os.Getenv("CNI_PATH")) {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		run := exec.Command(path)
		run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(conf), output, os.Stderr
		run.Env = append(os.Environ(), "CNI_COMMAND="+command, "CNI_CONTAINERID="+container, "CNI_IFNAME="+ifname, "CNI_NETNS="+netns)
		return run.Run()
	}
	return fmt.Errorf("there is no plugin %s in %s", name, os.Getenv("CNI_PATH"))
}

func cniArgs() map[string]string {
	result := map[string]string{}
	for _, pair := range strings.Split(os.Getenv("CNI_ARGS"), ";") {
		name, value, _ := strings.Cut(pair, "=")
		result[name] = value
	}
	return result
}

// fence lets nothing into the pod: its kernel does not know the connections yet and would answer them with resets.
func fence(netns string) error {
	rules := "add table inet " + fenceTable + "; add chain inet " + fenceTable +
		" input { type filter hook input priority -400; policy drop; }"
	output, err := exec.Command("nsenter", "--net="+netns, "nft", rules).CombinedOutput()
	if err != nil {
		return fmt.Errorf("the pod cannot be fenced: %w: %s", err, output)
	}
	return nil
}
