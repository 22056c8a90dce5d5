package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// told runs a command line that ends by itself.
func told(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestCommandLine(t *testing.T) {
	t.Setenv("WEBPLUG_RECEIVE_SECRET", "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	taken := listener.Addr().String()
	tests := []struct {
		args   string
		code   int
		stdout string // part of it
		stderr string // part of it; "" means that there is nothing
	}{
		{"", exitDone, "Run WebPlug:", ""},
		{"--help", exitDone, "receive", ""},
		{"help receive", exitDone, "--fail-first", ""},
		{"receive --help", exitDone, "WEBPLUG_RECEIVE_SECRET", ""},
		{"version", exitDone, "webplug dev", ""},
		{"version --help", exitDone, "Usage", ""},
		{"bogus", exitUsage, "", `unknown command "bogus"`},
		{"receiv", exitUsage, "", "did you mean receive?"},
		{"--bogus", exitUsage, "", "unknown flag: --bogus"},
		{"users lst", exitUsage, "", `unknown command "lst" for "webplug users"; did you mean list`},
		{"users list --output yaml", exitUsage, "", `--output: "yaml" is neither table nor json`},
		{"version now", exitUsage, "", `unknown command "now"`},
		{"receive --bogus", exitUsage, "", "webplug receive --help"},
		{"receive --status", exitUsage, "", "needs an argument"},
		{"receive --status teapot", exitUsage, "", "--status"},
		{"receive --status 199", exitUsage, "", "--status: 199 is not of 200 to 599"},
		{"receive --status 600", exitUsage, "", "--status"},
		{"receive --fail-first -1", exitUsage, "", "--fail-first"},
		{"receive --delay -1s", exitUsage, "", "--delay"},
		{"receive --delay 1", exitUsage, "", "--delay"},
		{"receive --output yaml", exitUsage, "", `--output: "yaml" is neither text nor json`},
		{"receive --secret whsec_c2VjcmV0", exitUsage, "", "a secret must be whsec_"},
		{"serve --data=", exitUsage, "", "--data: is empty; name a folder"},
		{"receive --addr " + taken, exitFailed, "", "webplug: listen on " + taken + ": address already in use; choose another with --addr\n"},
		{"serve --addr " + taken, exitFailed, "", "webplug: listen on " + taken + ": address already in use; choose another with --addr or WEBPLUG_ADDR\n"},
		{"receive --addr nowhere", exitUsage, "", "is not host:port"},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			code, stdout, stderr := told(t, strings.Fields(test.args)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(stdout, test.stdout) || code != exitDone && stdout != "" {
				t.Errorf("stdout: %s", stdout)
			}
			if !strings.Contains(stderr, test.stderr) || test.stderr == "" && stderr != "" {
				t.Errorf("stderr: %s", stderr)
			}
			if strings.Contains(stderr, "c2VjcmV0") {
				t.Errorf("it shows the secret: %s", stderr)
			}
		})
	}
}

func TestCommandLine_says_which_environment_is_wrong(t *testing.T) {
	t.Setenv("WEBPLUG_RECEIVE_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw hunter2")
	code, _, stderr := told(t, "receive")
	if code != exitUsage || !strings.Contains(stderr, "WEBPLUG_RECEIVE_SECRET") || strings.Contains(stderr, "hunter2") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
