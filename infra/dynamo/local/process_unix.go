//go:build unix

package local

import (
	"context"
	"os/exec"
	"syscall"
)

// leash runs a program so that it ends when its standard input does, which is when whoever holds the other end of the
// pipe closes it or dies, however it dies. The watcher is a background job and the program takes the shell's place, so
// that the process we wait for is the program's own.
const leash = `exec 3<&0
{ cat <&3; kill $$; } >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null`

// command is a process on a leash: a pipe must become its Stdin. It is in a process group of its own, because a ^C at
// the terminal is for us, and we still write while we shut down; so it does not end with ctx either. (The group also
// keeps the number that the watcher will kill from being given to another process.)
func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", append([]string{"-c", leash, "sh", program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// terminate asks the process to end.
func terminate(cmd *exec.Cmd) { _ = cmd.Process.Signal(syscall.SIGTERM) }

// kill ends the process and its watcher at once.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
