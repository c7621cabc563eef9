package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const fenceTable = "restow_fence"

// restore lets runc and CRIU bring the container back to life, for so long and no longer: what hangs goes with everything
// that it has started.
func restore(call call, from string, limit time.Duration) error {
	runc, err := runcPath()
	if err != nil {
		return err
	}
	bundle := call.flags["bundle"]
	args := append([]string{}, call.global...)
	args = append(args, "restore", "--detach", "--no-subreaper", "--file-locks", "--manage-cgroups-mode", "ignore",
		"--bundle", bundle, "--image-path", filepath.Join(from, "checkpoint"), "--work-path", filepath.Join(bundle, "criu-work"))
	if pidFile := call.flags["pid-file"]; pidFile != "" {
		args = append(args, "--pid-file", pidFile)
	}
	command := exec.Command(runc, append(args, call.id)...)
	// The container's own, as containerd has made them.
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	select {
	case err = <-done:
	case <-time.After(limit):
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-done
		err = fmt.Errorf("it took longer than %v", limit)
	}
	if err == nil {
		return nil
	}
	syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	cleanUp(runc, call)
	return fmt.Errorf("runc restore: %w", err)
}

// cleanUp leaves no half of a container behind.
func cleanUp(runc string, call call) {
	exec.Command(runc, append(append([]string{}, call.global...), "delete", "--force", call.id)...).Run()
}

// liftFence lets the network in once the last container of the pod is back: before that the kernel, not finding their
// sockets, would answer the peers with resets.
func liftFence(networkNamespace string) error {
	if networkNamespace == "" {
		return nil
	}
	command := exec.Command("nsenter", "--net="+networkNamespace, "nft", "delete", "table", "inet", fenceTable)
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && !hasFence(networkNamespace) {
		return nil
	}
	return fmt.Errorf("the pod stays fenced: %w: %s", err, output)
}

func hasFence(networkNamespace string) bool {
	return exec.Command("nsenter", "--net="+networkNamespace, "nft", "list", "table", "inet", fenceTable).Run() == nil
}
