package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// applyFiles puts the writable layer and the pod's own volumes where the new container has them.
//
//	layer.tar       what the container has written, relative to its root
//	deleted.json    what it has deleted of its image
//	volumes.json    mount destination → tar of what it had there
func applyFiles(from string, bundle bundle) error {
	deleted, err := readList[[]string](filepath.Join(from, "deleted.json"))
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(bundle.rootfs())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range deleted {
		// Within the root whatever links are in it.
		if err := root.RemoveAll(strings.TrimPrefix(filepath.Clean("/"+path), "/")); err != nil {
			return fmt.Errorf("delete %s: %w", path, err)
		}
	}
	if err := extract(filepath.Join(from, "layer.tar"), bundle.rootfs()); err != nil {
		return err
	}
	volumes, err := readList[map[string]string](filepath.Join(from, "volumes.json"))
	if err != nil {
		return err
	}
	for destination, archive := range volumes {
		source := bundle.sourceOf(destination)
		if source == "" {
			return fmt.Errorf("nothing is mounted at %s any more", destination)
		}
		if !filepath.IsLocal(archive) {
			return fmt.Errorf("%q leads out of the archive", archive)
		}
		if err := extract(filepath.Join(from, archive), source); err != nil {
			return err
		}
	}
	return nil
}

func (b bundle) sourceOf(destination string) string {
	for _, mount := range b.Mounts {
		if filepath.Clean(mount.Destination) == filepath.Clean(destination) {
			return mount.Source
		}
	}
	return ""
}

// extract unpacks a tar that the manifest vouches for; nothing where there is none. tar itself refuses names that lead
// out of the folder and does not follow links that it has unpacked.
func extract(archive, into string) error {
	if _, err := os.Stat(archive); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	command := exec.Command("tar", "--extract", "--file", archive, "--directory", into,
		"--numeric-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*", "--keep-directory-symlink")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(archive), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// readList reads JSON, and is the zero value where there is no such file.
func readList[Type any](path string) (Type, error) {
	var result Type
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return result, nil
	}
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(text, &result)
}
