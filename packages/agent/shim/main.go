// Command restow-runc stands where containerd looks for runc. A container that no move concerns goes to runc untouched;
// one that has a ticket is restored from its checkpoint instead of created, once; one of a fenced pod is refused. Called
// as a CNI plugin, it stands in front of the node's own one. And it answers the agent, which is no native program:
//
//	restow-runc restow-deleted UPPER  what an overlay's upper folder hides of those below
//	restow-runc restow-release IP     no pod has this address of the node's own any more
//	restow-runc restow-compare        which pages of a checkpoint are what they were (compare.go)
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const defaultStateDir = "/run/restow"

func main() {
	state := stateDir(envOr("RESTOW_STATE_DIR", defaultStateDir))
	addresses := addressDir(envOr("RESTOW_ADDRESS_DIR", defaultAddressDir))
	call := parseCall(os.Args[1:])
	var err error
	switch {
	case os.Getenv("CNI_COMMAND") != "":
		err = runCNI(state, addresses)
	case len(os.Args) == 3 && os.Args[1] == "restow-deleted":
		err = printDeleted(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "restow-release":
		err = addresses.release(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "restow-compare":
		err = printComparison(os.Stdin, os.Stdout)
	default:
		err = handle(state, call)
	}
	if errors.Is(err, errNotOurs) {
		err = becomeRunc(os.Args[1:])
	}
	if err != nil {
		// containerd reads the last line of runc's log where there is one, and standard error where there is none.
		logError(call, err)
		fmt.Fprintln(os.Stderr, "restow-runc:", err)
		os.Exit(1)
	}
}

// errNotOurs says that runc shall do what was asked.
var errNotOurs = errors.New("not ours")

func handle(state stateDir, call call) error {
	switch call.command {
	case "create":
		if !state.hasBusiness() {
			return errNotOurs
		}
		return create(state, call)
	case "start":
		// It has been running since it was restored.
		if state.wasRestored(call.id) {
			return nil
		}
	case "delete":
		state.forgetRestored(call.id)
	}
	return errNotOurs
}

// becomeRunc replaces this process by runc, so that signals, descriptors and the exit code are runc's own.
func becomeRunc(args []string) error {
	path, err := runcPath()
	if err != nil {
		return err
	}
	return syscall.Exec(path, append([]string{"runc"}, args...), os.Environ())
}

// runcPath finds the real runc, never this binary under another name.
func runcPath() (string, error) {
	if path := os.Getenv("RESTOW_RUNC"); path != "" {
		return path, nil
	}
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return "", err
	}
	dirs := append(filepath.SplitList(os.Getenv("PATH")), "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
	for _, dir := range dirs {
		path := filepath.Join(dir, "runc")
		if found, err := os.Stat(path); err == nil && !os.SameFile(found, self) {
			return path, nil
		}
	}
	return "", errors.New("runc is not on the PATH")
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
