package cli

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/pflag"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// flags are those of every command that uses a running WebPlug.
type flags struct {
	url, key, service, profile string
	output                     string
	timeout                    time.Duration
}

func (f *flags) add(set *pflag.FlagSet) {
	set.StringVar(&f.url, "url", f.url, "the server; http://127.0.0.1:8080 if nothing else is said")
	set.StringVar(&f.key, "api-key", f.key, "an API key, or @FILE with one")
	set.StringVar(&f.service, "service", f.service, "the service's id or name")
	set.StringVar(&f.profile, "profile", f.profile, "a profile that login has made")
	set.StringVarP(&f.output, "output", "o", outputTable, "table, or json")
	set.DurationVar(&f.timeout, "timeout", 30*time.Second, "how long one request may take")
}

// What --output may be.
const (
	outputTable = "table"
	outputJSON  = "json"
)

const defaultURL = "http://127.0.0.1:8080"

// target is where a command goes, after flags, environment and profile.
type target struct{ URL, Key, Service string }

// target finds it. A profile's key goes to the profile's server alone, unless flags name both another server
// and the profile.
func (f *flags) target() (target, error) {
	t := target{URL: first(f.url, os.Getenv("WEBPLUG_URL")), Service: first(f.service, os.Getenv("WEBPLUG_SERVICE"))}
	var err error
	if t.Key, err = f.givenKey(); err != nil {
		return target{}, err
	}
	named := first(f.profile, os.Getenv("WEBPLUG_PROFILE"))
	kept, err := readProfiles()
	if err != nil {
		return target{}, err
	}
	p, found := kept.Profiles[first(named, kept.Current)]
	if named != "" && !found {
		return target{}, &failure{code: ExitUsage, message: "there is no profile " + named, try: "webplug profiles list"}
	}
	switch {
	case !found:
	case t.URL == "" || sameURL(t.URL, p.URL) || f.profile != "" && f.url != "":
		t.URL, t.Key, t.Service = first(t.URL, p.URL), first(t.Key, p.Key), first(t.Service, p.Service)
	case named != "" && t.Key == "":
		return target{}, usage("profile %s is for %s, and its key goes nowhere else; WEBPLUG_URL names %s", named, p.URL, t.URL)
	}
	t.URL = first(t.URL, defaultURL)
	return t, nil
}

// givenKey is the key from flag or environment.
func (f *flags) givenKey() (string, error) {
	path, isFile := strings.CutPrefix(f.key, "@")
	if !isFile {
		return first(f.key, os.Getenv("WEBPLUG_API_KEY")), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &failure{code: ExitUsage, message: "--api-key", cause: err}
	}
	return strings.TrimSpace(string(text)), nil
}

func sameURL(a, b string) bool {
	plain := func(u string) string { return strings.TrimSuffix(strings.TrimSuffix(u, "/"), "/v1") }
	return plain(a) == plain(b)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// client makes one for a target.
func (a *app) client(t target) (*api.Client, error) {
	if t.Key == "" {
		return nil, &failure{
			code: ExitNotAllowed, message: "no API key is given, by --api-key, WEBPLUG_API_KEY or a profile",
			try: "webplug login --url " + t.URL,
		}
	}
	c, err := api.New(api.Options{
		URL: t.URL, Key: t.Key, Agent: "webplug-cli/" + a.version, Timeout: a.flags.timeout, Jitter: rand.Float64,
	})
	if err != nil {
		return nil, &failure{code: ExitUsage, cause: err}
	}
	return c, nil
}

const servicePrefix = "svc_"

// serviceID finds the service that is meant: by id, by name, or the only one that the key sees.
func serviceID(ctx context.Context, c *api.Client, named string) (string, error) {
	if strings.HasPrefix(named, servicePrefix) {
		return named, nil
	}
	var all []jsontext.Value
	for page, err := range c.Pages(ctx, api.Path("services"), nil, 0) {
		if err != nil {
			return "", whichService(err)
		}
		for _, service := range page.Data {
			if output.Find(service, "archived_at").Kind() != 'n' {
				continue
			}
			if all = append(all, service); output.Plain(output.Find(service, "name")) == named {
				return output.Plain(output.Find(service, "id")), nil
			}
		}
	}
	switch {
	case named != "":
		return "", &failure{code: ExitNotFound, message: "there is no service " + named, try: "webplug services list"}
	case len(all) == 0:
		return "", &failure{code: ExitNotFound, message: "there is no service yet", try: "webplug services create --name NAME"}
	case len(all) > 1:
		return "", &failure{
			code: ExitUsage, message: "there are several services: say which with --service or WEBPLUG_SERVICE", try: "webplug services list",
		}
	}
	return output.Plain(output.Find(all[0], "id")), nil
}

// whichService explains a key that cannot look for its service.
func whichService(err error) error {
	var p *api.Problem
	if errors.As(err, &p) && codeOf(p.Status) == ExitNotAllowed && p.Status == 403 {
		return &failure{code: ExitUsage, message: "say which service with --service svc_… or WEBPLUG_SERVICE (this key may not look for it)"}
	}
	return err
}
