package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What a container has deleted of its image, as overlayfs keeps it in the upper folder.
// Source: Linux, Documentation/filesystems/overlayfs.rst.
type deletedOf struct {
	// Whiteouts, which stand for one file or folder that is not there any more.
	Whiteouts []string `json:"whiteouts"`
	// Folders that hide everything that the image has under their name.
	Opaque []string `json:"opaque"`
}

// printDeleted answers the agent, which cannot read extended attributes.
func printDeleted(upper string) error {
	found := deletedOf{Whiteouts: []string{}, Opaque: []string{}}
	err := filepath.WalkDir(upper, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(upper, path)
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && isOpaque(path) {
			found.Opaque = append(found.Opaque, name)
		}
		if entry.Type()&fs.ModeCharDevice != 0 {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if info.Sys().(*syscall.Stat_t).Rdev == 0 {
				found.Whiteouts = append(found.Whiteouts, name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func isOpaque(dir string) bool {
	value := make([]byte, 1)
	size, err := syscall.Getxattr(dir, "trusted.overlay.opaque", value)
	return err == nil && size == 1 && value[0] == 'y'
}
