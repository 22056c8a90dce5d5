package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

var jobColumns = []output.Column{
	idColumn, {Title: "KIND", Path: "kind"}, statusColumn, {Title: "DONE", Path: "done"}, {Title: "TOTAL", Path: "total"},
	{Title: "SKIPPED", Path: "skipped"}, {Title: "FAILED", Path: "failed"}, {Title: "REQUESTED", Path: "requested_at", As: output.Moment},
}

// job is what is needed of one.
type job struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	Status  string           `json:"status"`
	Total   int64            `json:"total"`
	Done    int64            `json:"done"`
	Skipped int64            `json:"skipped"`
	Failed  int64            `json:"failed"`
	Streams int64            `json:"streams"`
	Damaged int64            `json:"damaged"`
	Damage  []jsontext.Value `json:"damage"`
	Error   string           `json:"error"`
}

func (j job) ended() bool { return j.Status != "queued" && j.Status != "running" }

func (j job) summary() string {
	text := fmt.Sprintf("%s %s: %d done", j.Kind, j.Status, j.Done)
	if j.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", j.Skipped)
	}
	if j.Failed > 0 {
		text += fmt.Sprintf(", %d failed", j.Failed)
	}
	return text
}

func (a *app) jobsCommand() *cobra.Command {
	group := &cobra.Command{Use: "jobs", Aliases: []string{"job"}, Short: "List, follow and cancel what takes long"}
	var l listing
	var system bool
	list := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List jobs, the newest first"}
	list.RunE = a.run(func(s *session, _ []string) error {
		path, err := api.Path("jobs"), error(nil)
		if !system {
			path, err = s.within("jobs")
		}
		if err != nil {
			return err
		}
		return s.show(list, &l, path, jobColumns)
	})
	l.flags(list, []field{
		{name: "status", usage: "only in this state", values: []string{"queued", "running", "finished", "failed", "cancelled"}},
		{name: "kind", usage: "only of this kind", values: []string{"recover", "retry", "discard", "rebuild", "verify"}},
	})
	list.Flags().BoolVar(&system, "system", false, "those that are no single service's: rebuilds and verifications")
	group.AddCommand(list)

	group.AddCommand(a.jobCommand("get", "Show a job and how far it is", func(s *session, path string) error {
		return s.showOne(path)
	}))
	group.AddCommand(a.jobCommand("wait", "Wait until a job has ended, and fail unless it finished", func(s *session, path string) error {
		return s.follow(path)
	}))
	group.AddCommand(a.jobCommand("cancel", "End a job before it is done; what it has done stays done", func(s *session, path string) error {
		v, err := s.Post(s.ctx, path+"/cancel", nil)
		if err != nil {
			return err
		}
		return s.one(v)
	}))
	return group
}

func (a *app) jobCommand(name, short string, do func(s *session, path string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " JOB", Short: short,
		RunE: a.run(func(s *session, args []string) error {
			path, err := s.jobPath(args[0])
			if err != nil {
				return err
			}
			return do(s, path)
		}),
	}
}

// jobPath finds a job: the service's, or else one that is no service's.
func (s *session) jobPath(id string) (string, error) {
	if id == "" {
		return "", usage("a job is named by its id; it is empty here")
	}
	path, err := s.within("jobs", id)
	if err == nil {
		_, err = s.Get(s.ctx, path)
	}
	if err == nil || ExitCode(err, false) == ExitNotAllowed {
		return path, err
	}
	system := api.Path("jobs", id)
	if _, wrong := s.Get(s.ctx, system); wrong != nil {
		if ExitCode(wrong, false) == ExitNotAllowed {
			return "", err // of a service's key: the first answer counts
		}
		return "", wrong
	}
	return system, nil
}

// start starts a job and follows it. One that runs already, of which there can be one, is followed instead.
func (s *session) start(path, jobs string, body jsontext.Value, detach bool) error {
	answer, err := s.Do(s.ctx, api.Request{Method: http.MethodPost, Path: path, Body: body, IdempotencyKey: newID()})
	var p *api.Problem
	if errors.As(err, &p) && p.Status == http.StatusConflict && p.ID != "" {
		s.tell("%s; following %s", p.Error(), p.ID)
		return s.follow(jobs + "/" + escape(p.ID))
	}
	if err != nil {
		return err
	}
	id := output.Plain(output.Find(answer.Body, "job_id"))
	if detach || answer.Status == http.StatusOK { // a dry run has no job
		return s.one(answer.Body)
	}
	return s.follow(jobs + "/" + escape(id))
}

// startOn starts a job that is about one thing.
func (s *session) startOn(r *resource, named string, beneath []string, body jsontext.Value, detach bool) error {
	path, _, err := s.resolve(r, named)
	if err != nil {
		return err
	}
	jobs, err := s.within("jobs")
	if err != nil {
		return err
	}
	return s.start(path+"/"+strings.Join(beneath, "/"), jobs, body, detach)
}

func detachFlag(c *cobra.Command, detach *bool) {
	c.Flags().BoolVar(detach, "detach", false, "do not wait for the job")
}

const (
	firstLook = 100 * time.Millisecond
	laterLook = time.Second
)

// follow waits for a job's end, with a progress bar, and shows it. It fails unless the job finished, and found no damage.
func (s *session) follow(path string) error {
	bar := output.NewProgress(s.err, time.Now, s.interactive())
	for pause := firstLook; ; pause = min(pause*3/2, laterLook) {
		v, err := s.Get(s.ctx, path)
		if err != nil {
			bar.End()
			return err
		}
		var j job
		if err := (api.Answer{Status: http.StatusOK, Body: v}).Into(&j); err != nil {
			return err
		}
		done := j.Done + j.Skipped + j.Failed
		if j.ended() {
			bar.End()
			return s.ended(v, j)
		}
		bar.Show(done, j.Total, fmt.Sprintf("%s: %d of %d", j.Kind, done, j.Total))
		if api.Wait(s.ctx, pause) != nil {
			bar.End()
			return &failure{code: ExitFailed, message: "stopped waiting; the job goes on", try: "webplug jobs wait " + j.ID}
		}
	}
}

func (s *session) ended(v jsontext.Value, j job) error {
	if err := s.showEnd(v, j); err != nil {
		return err
	}
	switch {
	case j.Error != "":
		return failed("job %s failed: %s", j.ID, j.Error)
	case j.Status != "finished":
		return failed("job %s is %s", j.ID, j.Status)
	case j.Damaged > 0:
		return &failure{code: ExitFailed, message: counted(int(j.Damaged), "place") + " of the event log are not what was written", try: "your backup"}
	case j.Failed > 0:
		return failed("%d of job %s could not be read", j.Failed, j.ID)
	}
	return nil
}

func (s *session) showEnd(v jsontext.Value, j job) error {
	if s.json {
		return s.one(v)
	}
	text := j.summary()
	if j.Kind == "verify" {
		text = fmt.Sprintf("verify %s: %s and %s read, %d damaged", j.Status, counted(int(j.Done), "event"), counted(int(j.Streams), "stream"), j.Damaged)
	}
	if _, err := fmt.Fprintln(s.out, text); err != nil || len(j.Damage) == 0 {
		return err
	}
	return output.Table(s.out, s.colours, []output.Column{
		{Title: "STREAM", Path: "stream"}, {Title: "VERSION", Path: "version"}, {Title: "WHAT", Path: "reason"},
	}, j.Damage)
}
