package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stateDir is the folder that agent and shim share; only root may enter it.
//
//	fences/UID                  a pod of which nothing may be created
//	tickets/NS_POD/ticket.json  the right to restore a pod's containers
//	tickets/NS_POD/open/NAME    one for each container; taken by renaming, so that it works once
//	archives/MOVE/NAME          what a container is restored from
//	archives/MOVE/ready         the archive is whole; or: failed
//	archives/MOVE/refused       which pod could not be restored, and on the next line why
//	shut/UID                    pods whose network is fenced until they are restored, or start cold
//	leaving/ID                  sandboxes that leave with their address, which is in it
//	restored/ID                 containers that were restored and not created
type stateDir string

const ticketVersion = 1

// ticket is the single-use right to restore one pod from one archive.
type ticket struct {
	Version    int      `json:"version"`
	Move       string   `json:"move"`
	SourceUID  string   `json:"sourceUid"`
	Containers []string `json:"containers"`
	ExpiresAt  int64    `json:"expiresAt"`
	WaitMs     int64    `json:"waitMs"`
	RestoreMs  int64    `json:"restoreMs"`
	// nil: the pod gets a new one.
	Address *address `json:"address"`
	dir     string
}

// Names of Kubernetes objects and of moves; nothing else becomes part of a path.
// Not a regular expression: compiling it would cost every call of runc on the node.
func isPlainName(text string) bool {
	for at := range len(text) {
		letter := text[at]
		isWord := letter >= 'A' && letter <= 'Z' || letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9'
		isInside := at > 0 && at < len(text)-1
		if !isWord && !(isInside && (letter == '.' || letter == '_' || letter == '-')) {
			return false
		}
	}
	return text != ""
}

// hasBusiness is asked for every container of the node, so it looks at three folders and no more.
func (s stateDir) hasBusiness() bool {
	for _, folder := range []string{"fences", "tickets", "shut"} {
		if !isEmpty(filepath.Join(string(s), folder)) {
			return true
		}
	}
	return false
}

func (s stateDir) shut(podUID string) string { return filepath.Join(string(s), "shut", podUID) }

// markShut says that a pod's network is fenced.
func (s stateDir) markShut(podUID string) error {
	if err := os.MkdirAll(filepath.Join(string(s), "shut"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(s.shut(podUID), nil, 0o600)
}

func (s stateDir) isShut(podUID string) bool {
	if !isPlainName(podUID) {
		return false
	}
	_, err := os.Stat(s.shut(podUID))
	return err == nil
}

// forgetShut: its network is open, or gone.
func (s stateDir) forgetShut(podUID string) {
	if isPlainName(podUID) {
		os.Remove(s.shut(podUID))
	}
}

func isEmpty(dir string) bool {
	folder, err := os.Open(dir)
	if err != nil {
		return true
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(1)
	return len(names) == 0
}

func (s stateDir) isFenced(podUID string) bool {
	if !isPlainName(podUID) {
		return false
	}
	_, err := os.Stat(s.fence(podUID))
	return err == nil
}

func (s stateDir) fence(podUID string) string { return filepath.Join(string(s), "fences", podUID) }

// refuseFromNowOn keeps kubelet from starting cold what could not be restored, until somebody decides.
func (s stateDir) refuseFromNowOn(t *ticket, podUID, why string) error {
	if t != nil {
		if err := os.MkdirAll(s.archive(t), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.archive(t), "refused"), []byte(podUID+"\n"+why+"\n"), 0o600); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(string(s), "fences"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(s.fence(podUID), []byte(why+"\n"), 0o600)
}

// ticketOf is the pod's valid ticket, or nil. The pod that the checkpoint was taken of has none.
func (s stateDir) ticketOf(b bundle, now time.Time) (*ticket, error) {
	if !isPlainName(b.namespace()) || !isPlainName(b.pod()) {
		return nil, nil
	}
	dir := filepath.Join(string(s), "tickets", b.namespace()+"_"+b.pod())
	text, err := os.ReadFile(filepath.Join(dir, "ticket.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	result := ticket{dir: dir}
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, fmt.Errorf("the ticket of %s/%s cannot be read: %w", b.namespace(), b.pod(), err)
	}
	if result.Version != ticketVersion || !isPlainName(result.Move) {
		return nil, fmt.Errorf("the ticket of %s/%s is of version %d, not %d", b.namespace(), b.pod(), result.Version, ticketVersion)
	}
	if result.SourceUID == b.podUID() || now.UnixMilli() >= result.ExpiresAt {
		return nil, nil
	}
	return &result, nil
}

// take uses the ticket up for one container; false when that was done before.
func (s stateDir) take(t *ticket, container string) (bool, error) {
	if !isPlainName(container) {
		return false, nil
	}
	used := filepath.Join(string(s), "archives", t.Move, "used")
	if err := os.MkdirAll(used, 0o700); err != nil {
		return false, err
	}
	err := os.Rename(filepath.Join(t.dir, "open", container), filepath.Join(used, container))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// isOpen says whether any container has not used it yet.
func (s stateDir) isOpen(t *ticket) bool { return !isEmpty(filepath.Join(t.dir, "open")) }

// isCalledOff says that the ticket of a container that was never restored will not be honoured.
func (s stateDir) isCalledOff(t *ticket, container string) bool {
	if !slices.Contains(t.Containers, container) {
		return false
	}
	_, failed := os.Stat(filepath.Join(s.archive(t), "failed"))
	_, done := os.Stat(filepath.Join(s.archive(t), "done", container))
	return failed == nil && done != nil
}

// leaving is the address with which a sandbox leaves; empty: it does not.
func (s stateDir) leaving(sandbox string) (string, error) {
	if !isPlainName(sandbox) {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(string(s), "leaving", sandbox))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

func (s stateDir) archive(t *ticket) string { return filepath.Join(string(s), "archives", t.Move) }

// isLast says whether every container of the ticket has been restored.
func (s stateDir) isLast(t *ticket) bool {
	for _, name := range t.Containers {
		if _, err := os.Stat(filepath.Join(s.archive(t), "done", name)); err != nil {
			return false
		}
	}
	return true
}

// markRestored remembers the container, which containerd will ask to be started.
func (s stateDir) markRestored(t *ticket, container, id string) error {
	for _, path := range []string{filepath.Join(s.archive(t), "done", container), s.restored(id)} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(t.Move+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s stateDir) restored(id string) string { return filepath.Join(string(s), "restored", id) }

func (s stateDir) wasRestored(id string) bool {
	_, err := os.Stat(s.restored(id))
	return isPlainName(id) && err == nil
}

func (s stateDir) forgetRestored(id string) {
	if isPlainName(id) {
		os.Remove(s.restored(id))
	}
}
