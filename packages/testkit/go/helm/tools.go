//go:build tools

// Package tools names the command that the test bed builds, so that go.mod and go.sum hold all that it needs.
package tools

import (
	_ "helm.sh/helm/v3/cmd/helm"
)
