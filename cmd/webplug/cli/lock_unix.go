//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lockFile locks a file until it is closed or the process ends. Another process that has it is named.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err == nil {
		return f, nil
	}
	holder, _ := io.ReadAll(io.LimitReader(f, 20)) // only to name it
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _, _ := strings.Cut(string(holder), "\n")
		err = &failure{
			message: fmt.Sprintf("process %s listens with this name already", pid), try: "another --name, which has a cursor of its own",
		}
	}
	return nil, errors.Join(err, f.Close())
}
