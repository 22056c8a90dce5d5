//go:build !unix

package local

import (
	"context"
	"os/exec"
)

// command is a plain process where there is no shell to hold it on a leash: it outlives a parent that is killed.
func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	return exec.CommandContext(context.WithoutCancel(ctx), program, args...)
}

func terminate(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
