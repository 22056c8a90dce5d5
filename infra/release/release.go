// Package release is what "make release" puts into the binary, so that it deploys itself: the stack's template and the
// package of the functions. A binary of "make build" has neither.
package release

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// ErrMissing says that the binary was not made by "make release".
var ErrMissing = errors.New("this binary has no stack in it: build one that has with `make release`")

// Template is the CloudFormation template, JSON, the same for every stage: its parameters are named in infra/stage.
// The error is ErrMissing.
func Template() ([]byte, error) { return included(template) }

// Package is the zip with the functions' program, for arm64, which the template's CodeBucket and CodeKey name. The error is
// ErrMissing.
func Package() ([]byte, error) { return included(code) }

func included(content []byte) ([]byte, error) {
	if len(content) == 0 {
		return nil, ErrMissing
	}
	return content, nil
}

// Key names an upload by its content: "code/<SHA-256>.zip". CloudFormation changes a function's code only when its key
// changes, and the same code uploaded again is no change. The suffix has its dot.
func Key(folder string, content []byte, suffix string) string {
	sum := sha256.Sum256(content)
	return folder + "/" + hex.EncodeToString(sum[:]) + suffix
}
