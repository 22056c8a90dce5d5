//go:build !release

package release

var template, code []byte
