package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const pollEvery = 10 * time.Millisecond

// create restores a container that has a ticket, and refuses one of a fenced pod at once: a create that waits would be
// carried out when the fence goes, on a node that the pod has left.
func create(state stateDir, call call) error {
	bundle, err := readBundle(call.flags["bundle"])
	if err != nil || bundle.isSandbox() {
		return errNotOurs
	}
	if state.isFenced(bundle.podUID()) {
		return fmt.Errorf("pod %s/%s is fenced: nothing of it is started here", bundle.namespace(), bundle.pod())
	}
	ticket, err := state.ticketOf(bundle, time.Now())
	if err != nil {
		return failed(state, nil, bundle, err)
	}
	if ticket == nil {
		return startCold(state, bundle)
	}
	taken, err := state.take(ticket, bundle.container())
	if err != nil {
		return failed(state, ticket, bundle, err)
	}
	if !taken && state.isCalledOff(ticket, bundle.container()) {
		return failed(state, ticket, bundle, errors.New("the move was called off"))
	}
	if !taken {
		// A container of its own, such as an init container, or one that has crashed after it was restored: it starts cold.
		return errNotOurs
	}
	if err := restoreWith(state, ticket, bundle, call); err != nil {
		return failed(state, ticket, bundle, err)
	}
	return nil
}

// failed lets nobody start the pod cold until it is decided where it goes on: its memory may still be alive elsewhere.
func failed(state stateDir, t *ticket, bundle bundle, why error) error {
	if err := state.refuseFromNowOn(t, bundle.podUID(), why.Error()); err != nil {
		return fmt.Errorf("%w (and the pod could not be fenced: %v)", why, err)
	}
	return fmt.Errorf("container %s of %s/%s is not restored: %w", bundle.container(), bundle.namespace(), bundle.pod(), why)
}

func restoreWith(state stateDir, ticket *ticket, bundle bundle, call call) error {
	archive := state.archive(ticket)
	if err := awaitArchive(archive, time.Duration(ticket.WaitMs)*time.Millisecond); err != nil {
		return err
	}
	from := filepath.Join(archive, bundle.container())
	manifest, err := readManifest(from)
	if err != nil {
		return err
	}
	if err := manifest.verify(from); err != nil {
		return err
	}
	if err := applyFiles(from, bundle); err != nil {
		return err
	}
	if err := restore(call, from, time.Duration(ticket.RestoreMs)*time.Millisecond); err != nil {
		return err
	}
	if err := state.markRestored(ticket, bundle.container(), call.id); err != nil {
		return err
	}
	if state.isLast(ticket) {
		return open(state, bundle)
	}
	return nil
}

// startCold lets runc make the container: of a pod that shall not be restored any more nobody else opens the network.
func startCold(state stateDir, bundle bundle) error {
	if state.isShut(bundle.podUID()) {
		if err := open(state, bundle); err != nil {
			return err
		}
	}
	return errNotOurs
}

func open(state stateDir, bundle bundle) error {
	if err := liftFence(bundle.networkNamespace()); err != nil {
		return err
	}
	state.forgetShut(bundle.podUID())
	return nil
}

// awaitArchive waits until the agent has said that all of the archive is there, or that it never will be.
func awaitArchive(archive string, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(pollEvery) {
		if _, err := os.Stat(filepath.Join(archive, "ready")); err == nil {
			return nil
		}
		if why, err := os.ReadFile(filepath.Join(archive, "failed")); err == nil {
			return fmt.Errorf("the archive did not arrive: %s", why)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the archive did not arrive within %v", limit)
		}
	}
}
