package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var shim string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "restow-shim-")
	if err != nil {
		panic(err)
	}
	shim = filepath.Join(dir, "restow-runc")
	if output, err := exec.Command("go", "build", "-o", shim, ".").CombinedOutput(); err != nil {
		panic(string(output))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

const (
	sourceUID = "11111111-0000-0000-0000-000000000000"
	targetUID = "22222222-0000-0000-0000-000000000000"
	pieceSize = 1000
)

// node is a state folder, a bundle, and a runc that writes down how it was called.
type node struct {
	t                   *testing.T
	state, bundle, runc string
}

func newNode(t *testing.T, podUID string) node {
	dir := t.TempDir()
	n := node{t, filepath.Join(dir, "state"), filepath.Join(dir, "bundle"), filepath.Join(dir, "runc")}
	n.runcDoes("exit 0")
	n.write(filepath.Join(n.bundle, "rootfs", "etc", "image-file"), "from the image")
	volume := filepath.Join(dir, "volume")
	if err := os.MkdirAll(volume, 0o755); err != nil {
		t.Fatal(err)
	}
	n.writeJSON(filepath.Join(n.bundle, "config.json"), map[string]any{
		"root":   map[string]any{"path": "rootfs"},
		"mounts": []any{map[string]any{"destination": "/cache", "source": volume}},
		"annotations": map[string]string{
			"io.kubernetes.cri.container-type":    "container",
			"io.kubernetes.cri.sandbox-namespace": "default",
			"io.kubernetes.cri.sandbox-name":      "redis-0",
			"io.kubernetes.cri.sandbox-uid":       podUID,
			"io.kubernetes.cri.container-name":    "redis",
		},
	})
	return n
}

func (n node) write(path, text string) {
	n.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

func (n node) writeJSON(path string, value any) {
	n.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		n.t.Fatal(err)
	}
	n.write(path, string(text))
}

// runcDoes makes the runc that the shim finds: it writes its arguments down, and then does this.
func (n node) runcDoes(what string) {
	n.write(n.runc, fmt.Sprintf("#!/bin/sh\necho \"$@\" >> %s.calls\n%s\n", n.runc, what))
	os.Chmod(n.runc, 0o755)
}

func (n node) calls() []string {
	text, _ := os.ReadFile(n.runc + ".calls")
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func (n node) run(args ...string) (string, error) {
	command := exec.Command(shim, args...)
	command.Env = append(os.Environ(), "RESTOW_STATE_DIR="+n.state, "RESTOW_RUNC="+n.runc)
	output, err := command.CombinedOutput()
	return string(output), err
}

func (n node) create() (string, error) {
	return n.run("--root", "/run/runc", "--log", filepath.Join(n.bundle, "log.json"), "--log-format", "json",
		"create", "--bundle", n.bundle, "--pid-file", "/tmp/pid", "abc")
}

func (n node) archive() string { return filepath.Join(n.state, "archives", "move-1", "redis") }

// send puts a whole archive and a ticket for it where an agent would.
func (n node) send(change func(ticket map[string]any)) {
	n.write(filepath.Join(n.archive(), "checkpoint", "pages-1.img"), strings.Repeat("memory ", 500))
	n.write(filepath.Join(n.archive(), "checkpoint", "inventory.img"), "inventory")
	n.write(filepath.Join(n.archive(), "checkpoint", "empty.img"), "")
	n.write(filepath.Join(n.archive(), "layer.tar"), tarOf(n.t, "etc/written", "by the container"))
	n.write(filepath.Join(n.archive(), "cache.tar"), tarOf(n.t, "entry", "cached"))
	n.writeJSON(filepath.Join(n.archive(), "deleted.json"), []string{"etc/image-file", "../../outside"})
	n.writeJSON(filepath.Join(n.archive(), "volumes.json"), map[string]string{"/cache": "cache.tar"})
	n.seal()
	ticket := map[string]any{
		"version": 1, "move": "move-1", "sourceUid": sourceUID, "containers": []string{"redis"},
		"expiresAt": time.Now().Add(time.Minute).UnixMilli(), "waitMs": 200, "restoreMs": 2000,
	}
	if change != nil {
		change(ticket)
	}
	dir := filepath.Join(n.state, "tickets", "default_redis-0")
	n.writeJSON(filepath.Join(dir, "ticket.json"), ticket)
	n.write(filepath.Join(dir, "open", "redis"), "")
	n.write(filepath.Join(n.state, "archives", "move-1", "ready"), "")
}

// seal writes the manifest of what is there.
func (n node) seal() {
	manifest := manifest{Version: 1, PieceBytes: pieceSize}
	filepath.WalkDir(n.archive(), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "manifest.json" {
			return err
		}
		text, _ := os.ReadFile(path)
		name, _ := filepath.Rel(n.archive(), path)
		file := manifestFile{Path: name, SizeBytes: int64(len(text)), Sha256: []string{}}
		for len(text) > 0 {
			piece := text[:min(len(text), pieceSize)]
			sum := sha256.Sum256(piece)
			file.Sha256 = append(file.Sha256, hex.EncodeToString(sum[:]))
			text = text[len(piece):]
		}
		manifest.Files = append(manifest.Files, file)
		return nil
	})
	n.writeJSON(filepath.Join(n.archive(), "manifest.json"), manifest)
}

func tarOf(t *testing.T, name, text string) string {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o640, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	writer.Write([]byte(text))
	writer.Close()
	return buffer.String()
}

func (n node) expectCalls(want ...string) {
	n.t.Helper()
	got := n.calls()
	if len(got) != len(want) {
		n.t.Fatalf("runc was called %d times, not %d: %q", len(got), len(want), got)
	}
	for at, part := range want {
		if !strings.Contains(got[at], part) {
			n.t.Errorf("call %d is %q, without %q", at, got[at], part)
		}
	}
}

func TestWhatIsNotOursIsRuncs(t *testing.T) {
	n := newNode(t, targetUID)
	n.runcDoes("exit 7")
	_, err := n.create()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 7 {
		t.Fatalf("runc's own exit code is lost: %v", err)
	}
	n.run("--version")
	n.run("start", "abc")
	n.expectCalls("create --bundle", "--version", "start abc")
}

func TestAFencedPodIsRefusedAtOnce(t *testing.T) {
	n := newNode(t, sourceUID)
	n.write(filepath.Join(n.state, "fences", sourceUID), "move-1")
	begun := time.Now()
	output, err := n.create()
	if err == nil || !strings.Contains(output, "default/redis-0 is fenced") {
		t.Fatalf("it was created: %s", output)
	}
	if time.Since(begun) > time.Second {
		t.Error("it was kept waiting")
	}
	log, _ := os.ReadFile(filepath.Join(n.bundle, "log.json"))
	if !strings.Contains(string(log), `"level":"error"`) || !strings.Contains(string(log), "fenced") {
		t.Errorf("containerd does not read the reason: %s", log)
	}
	n.expectCalls("")
}

func TestATicketRestoresOnce(t *testing.T) {
	n := newNode(t, targetUID)
	n.send(nil)
	if output, err := n.create(); err != nil {
		t.Fatal(output, err)
	}
	n.expectCalls("--root /run/runc --log " + n.bundle + "/log.json --log-format json restore --detach --no-subreaper --file-locks --manage-cgroups-mode ignore --bundle " + n.bundle + " --image-path " + n.archive() + "/checkpoint")
	for path, want := range map[string]string{
		filepath.Join(n.bundle, "rootfs", "etc", "written"):      "by the container",
		filepath.Join(filepath.Dir(n.bundle), "volume", "entry"): "cached",
	} {
		if text, _ := os.ReadFile(path); string(text) != want {
			t.Errorf("%s holds %q", path, text)
		}
	}
	if _, err := os.Stat(filepath.Join(n.bundle, "rootfs", "etc", "image-file")); err == nil {
		t.Error("what the container had deleted is there again")
	}
	if output, err := n.run("start", "abc"); err != nil {
		t.Fatal(output, err)
	}
	n.run("delete", "abc")
	if output, err := n.create(); err != nil {
		t.Fatal(output, err)
	}
	n.run("start", "abc")
	n.expectCalls("restore", "delete abc", "create --bundle", "start abc")
}

func TestATicketIsNotForEverybody(t *testing.T) {
	for name, change := range map[string]func(ticket map[string]any){
		"of the pod it was taken of": func(ticket map[string]any) { ticket["sourceUid"] = targetUID },
		"that has expired":           func(ticket map[string]any) { ticket["expiresAt"] = time.Now().UnixMilli() - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, targetUID)
			n.send(change)
			if output, err := n.create(); err != nil {
				t.Fatal(output, err)
			}
			n.expectCalls("create --bundle")
		})
	}
}

func TestWhatIsNotWholeIsNotRestoredAndNotStartedCold(t *testing.T) {
	pages := filepath.Join("checkpoint", "pages-1.img")
	for name, spoil := range map[string]func(n node){
		"truncated": func(n node) { os.Truncate(filepath.Join(n.archive(), pages), 1200) },
		"missing":   func(n node) { os.Remove(filepath.Join(n.archive(), pages)) },
		"changed": func(n node) {
			n.write(filepath.Join(n.archive(), pages), strings.Repeat("memory ", 499)+"memorx ")
		},
		"linked elsewhere": func(n node) {
			path := filepath.Join(n.archive(), pages)
			os.Rename(path, path+".away")
			os.Symlink(path+".away", path)
		},
		"more than was sent": func(n node) { n.write(filepath.Join(n.archive(), "checkpoint", "more.img"), "x") },
		"out of the archive": func(n node) {
			n.writeJSON(filepath.Join(n.archive(), "manifest.json"), map[string]any{
				"version": 1, "pieceBytes": pieceSize, "files": []any{map[string]any{"path": "../../../x", "sizeBytes": 0}},
			})
		},
		"not there yet": func(n node) { os.Remove(filepath.Join(n.state, "archives", "move-1", "ready")) },
		"given up": func(n node) {
			os.Remove(filepath.Join(n.state, "archives", "move-1", "ready"))
			n.write(filepath.Join(n.state, "archives", "move-1", "failed"), "cut off")
		},
		"of another version": func(n node) {
			n.writeJSON(filepath.Join(n.state, "tickets", "default_redis-0", "ticket.json"), map[string]any{"version": 2, "move": "move-1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, targetUID)
			n.send(nil)
			spoil(n)
			if output, err := n.create(); err == nil {
				t.Fatal("it was restored:", output)
			}
			output, err := n.create()
			if err == nil || !strings.Contains(output, "fenced") {
				t.Fatal("kubelet may start it cold:", output)
			}
			n.expectCalls("")
		})
	}
}

func TestARestoreThatHangsEndsWithAllThatItStarted(t *testing.T) {
	n := newNode(t, targetUID)
	n.send(func(ticket map[string]any) { ticket["restoreMs"] = 300 })
	alive := filepath.Join(n.state, "alive")
	n.runcDoes(fmt.Sprintf("case \"$*\" in *restore*) (sleep 2; touch %s) & wait;; esac", alive))
	begun := time.Now()
	output, err := n.create()
	if err == nil || !strings.Contains(output, "longer than 300ms") {
		t.Fatal(output, err)
	}
	if time.Since(begun) > 1500*time.Millisecond {
		t.Error("it was waited for")
	}
	time.Sleep(2500*time.Millisecond - time.Since(begun))
	if _, err := os.Stat(alive); err == nil {
		t.Error("what it had started lived on")
	}
	n.expectCalls("restore", "delete --force abc")
}
