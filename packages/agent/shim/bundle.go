package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// bundle is what of an OCI bundle's config.json tells which container of which pod it is, and what it has mounted.
type bundle struct {
	dir         string
	Annotations map[string]string `json:"annotations"`
	Mounts      []struct {
		Destination string `json:"destination"`
		Source      string `json:"source"`
	} `json:"mounts"`
	Root struct {
		Path string `json:"path"`
	} `json:"root"`
	Linux struct {
		Namespaces []struct {
			Type string `json:"type"`
			Path string `json:"path"`
		} `json:"namespaces"`
	} `json:"linux"`
}

func readBundle(dir string) (bundle, error) {
	result := bundle{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(text, &result)
}

// Source: containerd, internal/cri/annotations.
func (b bundle) isSandbox() bool {
	return b.Annotations["io.kubernetes.cri.container-type"] != "container"
}
func (b bundle) namespace() string { return b.Annotations["io.kubernetes.cri.sandbox-namespace"] }
func (b bundle) pod() string       { return b.Annotations["io.kubernetes.cri.sandbox-name"] }
func (b bundle) podUID() string    { return b.Annotations["io.kubernetes.cri.sandbox-uid"] }
func (b bundle) container() string { return b.Annotations["io.kubernetes.cri.container-name"] }

func (b bundle) rootfs() string {
	if filepath.IsAbs(b.Root.Path) {
		return b.Root.Path
	}
	return filepath.Join(b.dir, b.Root.Path)
}

// networkNamespace is the pod's, in which its containers run.
func (b bundle) networkNamespace() string {
	for _, namespace := range b.Linux.Namespaces {
		if namespace.Type == "network" {
			return namespace.Path
		}
	}
	return ""
}
