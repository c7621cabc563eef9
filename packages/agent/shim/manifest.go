package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

const manifestVersion = 1

// manifest lists everything that a container is restored from. Files are hashed in pieces, so that a large one is checked
// by all cores: CRIU itself spins forever over pages that are cut short.
type manifest struct {
	Version    int            `json:"version"`
	PieceBytes int64          `json:"pieceBytes"`
	Files      []manifestFile `json:"files"`
}

type manifestFile struct {
	Path      string   `json:"path"`
	SizeBytes int64    `json:"sizeBytes"`
	Sha256    []string `json:"sha256"`
}

func readManifest(from string) (manifest, error) {
	var result manifest
	text, err := os.ReadFile(filepath.Join(from, "manifest.json"))
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return result, fmt.Errorf("manifest.json: %w", err)
	}
	if result.Version != manifestVersion || result.PieceBytes <= 0 {
		return result, fmt.Errorf("manifest.json is of version %d, not %d", result.Version, manifestVersion)
	}
	return result, nil
}

// verify accepts exactly the files of the manifest, each with its size and digests.
func (m manifest) verify(from string) error {
	listed := map[string]bool{"manifest.json": true}
	for _, file := range m.Files {
		if !filepath.IsLocal(file.Path) {
			return fmt.Errorf("%q leads out of the archive", file.Path)
		}
		listed[filepath.Clean(file.Path)] = true
	}
	if err := refuseUnlisted(from, listed); err != nil {
		return err
	}
	pieces := make(chan func() error)
	failures := make(chan error, runtime.NumCPU())
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Add(1)
		go func() {
			defer workers.Done()
			var first error
			for check := range pieces {
				if first == nil {
					first = check()
				}
			}
			failures <- first
		}()
	}
	err := m.eachPiece(from, func(check func() error) { pieces <- check })
	close(pieces)
	workers.Wait()
	close(failures)
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return err
}

func refuseUnlisted(from string, listed map[string]bool) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err == nil && !listed[name] {
			err = fmt.Errorf("%s is in the archive and not in its manifest", name)
		}
		return err
	})
}

func (m manifest) eachPiece(from string, do func(check func() error)) error {
	for _, file := range m.Files {
		path := filepath.Join(from, file.Path)
		// A link would be followed out of the archive.
		found, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if !found.Mode().IsRegular() || found.Size() != file.SizeBytes {
			return fmt.Errorf("%s has %d bytes, not %d", file.Path, found.Size(), file.SizeBytes)
		}
		if want := (file.SizeBytes + m.PieceBytes - 1) / m.PieceBytes; int64(len(file.Sha256)) != want {
			return fmt.Errorf("%s has %d digests, not %d", file.Path, len(file.Sha256), want)
		}
		for piece, digest := range file.Sha256 {
			do(func() error { return checkPiece(path, int64(piece)*m.PieceBytes, m.PieceBytes, digest) })
		}
	}
	return nil
}

func checkPiece(path string, from, length int64, digest string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, from, length)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return fmt.Errorf("%s is not what was sent, from byte %d on", filepath.Base(path), from)
	}
	return nil
}
