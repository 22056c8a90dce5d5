package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
)

// failure is an error with an exit code of its own, and the next command to try.
type failure struct {
	code    int
	message string
	try     string
	cause   error
}

func (f *failure) Error() string {
	if f.cause != nil && f.message != "" {
		return f.message + ": " + f.cause.Error()
	}
	if f.cause != nil {
		return f.cause.Error()
	}
	return f.message
}

func (f *failure) Unwrap() error { return f.cause }

// usage says that the command line or the environment is wrong, where only the command itself can tell.
func usage(format string, args ...any) *failure {
	return &failure{code: ExitUsage, message: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) *failure {
	return &failure{code: ExitFailed, message: fmt.Sprintf(format, args...)}
}

// shown is the error of what has told its failures itself: only the exit code is left to say.
type shown struct{ code int }

func (shown) Error() string { return "" }

// ExitCode is what a command's error means. usage says that its command line was wrong before it began.
func ExitCode(err error, usage bool) int {
	var f *failure
	var s shown
	var problem *api.Problem
	switch {
	case err == nil:
		return ExitDone
	case usage:
		return ExitUsage
	case errors.As(err, &s):
		return s.code
	case errors.As(err, &f) && f.code != 0:
		return f.code
	case errors.As(err, &problem):
		return codeOf(problem.Status)
	}
	return ExitFailed
}

// wrongFlag finds the flag that is to blame for a refusal: its value is wrong as if the command itself had seen it, or it names
// what is not there.
func wrongFlag(c *cobra.Command, err error) error {
	var f *failure
	var p *api.Problem
	if errors.As(err, &f) && f.code != 0 || !errors.As(err, &p) || p.Status != http.StatusBadRequest && p.Status != http.StatusUnprocessableEntity {
		return err
	}
	for _, e := range p.Errors {
		if !flagGiven(c, strings.TrimPrefix(e.Field, "filter.")) {
			continue
		}
		if notThere(e) {
			return &failure{code: ExitNotFound, cause: err}
		}
		return &failure{code: ExitUsage, cause: err}
	}
	return err
}

// flagGiven says whether a field of the API, "event_types[0]", came from a flag.
func flagGiven(c *cobra.Command, name string) bool {
	whole, _, _ := strings.Cut(name, "[")
	outer, _, _ := strings.Cut(whole, ".")
	for _, one := range []string{whole, outer} {
		flag := c.Flags().Lookup(field{name: one}.flagName())
		if other := c.Flags().Lookup("endpoint-" + one); other != nil && one == "url" { // --url is the server's there
			flag = other
		}
		if flag != nil && flag.Changed {
			return true
		}
	}
	return false
}

// notThere says whether a field names what is not there: the API's messages about that begin with "no".
func notThere(e api.FieldError) bool { return strings.HasPrefix(e.Message, "no ") }

func codeOf(status int) int {
	switch status {
	case http.StatusNotFound:
		return ExitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return ExitNotAllowed
	}
	return ExitFailed
}

// Report tells an error on stderr: a sentence and the next command to try, or, where JSON is wanted, one object.
func Report(c *cobra.Command, args []string, err error, code int, stderr io.Writer) {
	var s shown
	if errors.As(err, &s) {
		return
	}
	r := reportOf(c, err, code)
	if !wantsJSON(args) {
		_, _ = fmt.Fprintf(stderr, "webplug: %s\n", r.Message)
		if r.RequestID != "" {
			_, _ = fmt.Fprintf(stderr, "request: %s\n", r.RequestID)
		}
		if r.Try != "" {
			_, _ = fmt.Fprintf(stderr, "%s: %s\n", tryWord(code), r.Try)
		}
		return
	}
	line, _ := json.Marshal(map[string]report{"error": r}) // texts and numbers
	_, _ = stderr.Write(append(line, '\n'))
}

func tryWord(code int) string {
	if code == ExitUsage {
		return "see"
	}
	return "try"
}

// report is an error as JSON.
type report struct {
	Message   string           `json:"message"`
	Type      string           `json:"type,omitempty"` // the API's word for it, or usage, no-key
	Status    int              `json:"status,omitzero"`
	Errors    []api.FieldError `json:"errors,omitempty"`
	ID        string           `json:"id,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
	ExitCode  int              `json:"exit_code"`
	Try       string           `json:"try,omitempty"`
}

func reportOf(c *cobra.Command, err error, code int) report {
	sentence := strings.Join(strings.Split(strings.TrimSpace(err.Error()), "\n"), "; ") // joined errors come in lines
	r := report{Message: sentence, ExitCode: code}
	var problem *api.Problem
	var unexpected *api.UnexpectedError
	var unreachable *api.UnreachableError
	switch {
	case errors.As(err, &problem):
		r.Type, r.Status, r.Errors, r.ID, r.RequestID = problem.Type, problem.Status, problem.Errors, problem.ID, problem.RequestID
		r.Try = tryAfter(c, problem)
	case errors.As(err, &unexpected):
		r.Type, r.Status, r.RequestID = "unexpected-answer", unexpected.Status, unexpected.RequestID
		r.Try = "webplug version, and look whether --url or WEBPLUG_URL names WebPlug itself"
	case errors.As(err, &unreachable):
		r.Type = "unreachable"
		r.Try = "webplug dev, in another terminal; or name a server with --url, WEBPLUG_URL or webplug login"
	case code == ExitUsage:
		r.Type = "usage"
	case code == ExitNotFound:
		r.Type = "not-found"
	case code == ExitNotAllowed:
		r.Type = "no-key"
	}
	var f *failure
	if errors.As(err, &f) && f.try != "" {
		r.Try = f.try
	}
	if r.Try == "" && code == ExitUsage {
		r.Try = c.CommandPath() + " --help"
	}
	return r
}

// tryAfter is the next command after a refusal.
func tryAfter(c *cobra.Command, p *api.Problem) string {
	group := c
	for group.HasParent() && group.Parent().HasParent() {
		group = group.Parent()
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		return "webplug login, or give another key with --api-key or WEBPLUG_API_KEY"
	case p.Status == http.StatusForbidden:
		return "webplug keys create --name NAME --scopes … with the admin key, or another profile with --profile"
	case p.Status == http.StatusNotFound && group.HasSubCommands():
		return group.CommandPath() + " list"
	case p.Status == http.StatusNotFound:
		return "webplug messages list"
	case p.Status == http.StatusConflict && p.ID != "" && group.HasSubCommands():
		return group.CommandPath() + " get " + p.ID
	case p.Status == http.StatusUnprocessableEntity:
		return c.CommandPath() + " --help"
	}
	return ""
}

// wantsJSON looks for --output json in a command line that may be wrong elsewhere.
func wantsJSON(args []string) bool {
	for i, arg := range args {
		switch arg {
		case "--":
			return false
		case "--output=json", "-o=json", "-ojson":
			return true
		case "--output", "-o":
			if i+1 < len(args) && args[i+1] == "json" {
				return true
			}
		}
	}
	return false
}
