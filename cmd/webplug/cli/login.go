package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

const loginHelp = `Keeps a connection as a profile, after a look whether the server takes the key. The key comes from --api-key, from
WEBPLUG_API_KEY, or is asked for, unseen; where stdin is no terminal it is read from there:

  webplug login --url https://webplug.example.com --profile prod < key.txt

Profiles lie in $XDG_CONFIG_HOME/webplug/profiles.json (~/.config if it is not set), readable by you alone. No command prints
a key. The newest one is used where no --profile is given; "webplug profiles use" chooses another.`

const defaultProfile = "default"

func (a *app) loginCommand() *cobra.Command {
	return &cobra.Command{
		Use: "login", Short: "Keep a connection as a profile", Long: loginHelp,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.local(c)
			if err != nil {
				return err
			}
			return a.login(s)
		},
	}
}

func (a *app) login(s *session) error {
	kept, err := readProfiles()
	if err != nil {
		return err
	}
	name := first(a.flags.profile, os.Getenv("WEBPLUG_PROFILE"), defaultProfile)
	before := kept.Profiles[name]
	p := profile{
		URL:     strings.TrimSuffix(first(a.flags.url, os.Getenv("WEBPLUG_URL"), before.URL, defaultURL), "/"),
		Service: first(a.flags.service, os.Getenv("WEBPLUG_SERVICE"), before.Service),
	}
	if p.Key, err = a.flags.givenKey(); err != nil {
		return err
	}
	if p.Key == "" {
		if p.Key, err = s.askKey(p.URL); err != nil {
			return err
		}
	}
	if s.Client, err = a.client(target{URL: p.URL, Key: p.Key}); err != nil {
		return err
	}
	if p.Service, err = s.checkLogin(p.Service); err != nil {
		return err
	}
	if kept.Profiles == nil {
		kept.Profiles = map[string]profile{}
	}
	kept.Profiles[name], kept.Current = p, name
	if err := kept.write(); err != nil {
		return &failure{message: "keep the profile", cause: err}
	}
	return s.showProfiles(kept, name)
}

// askKey reads a key from stdin: unseen at a terminal, else its first line.
func (s *session) askKey(url string) (string, error) {
	var key string
	if file, ok := s.in.(*os.File); ok && s.atTerminal() {
		_, _ = io.WriteString(s.err, "API key for "+output.Line(url, 200)+" (it is not shown): ")
		typed, err := term.ReadPassword(int(file.Fd()))
		_, _ = io.WriteString(s.err, "\n")
		if err != nil {
			return "", &failure{message: "read the key", cause: err}
		}
		key = string(typed)
	} else {
		read, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
		if err != nil && err != io.EOF {
			return "", &failure{message: "read the key", cause: err}
		}
		key = read
	}
	if key = strings.TrimSpace(key); key == "" {
		return "", usage("no key was given: use --api-key @FILE, WEBPLUG_API_KEY, or stdin")
	}
	return key, nil
}

// checkLogin looks whether the server takes the key, and finds the service's id. A key that may not read is a key too.
func (s *session) checkLogin(service string) (string, error) {
	_, err := s.Page(s.ctx, api.Path("services"), query("limit", "1"))
	var p *api.Problem
	switch {
	case errors.As(err, &p) && p.Status == 403:
		return service, nil
	case err != nil || service == "":
		return service, err
	}
	id, err := serviceID(s.ctx, s.Client, service)
	if err != nil {
		return "", err
	}
	_, err = s.Get(s.ctx, api.Path("services", id))
	return id, err
}

var profileColumns = []output.Column{
	{Title: "PROFILE", Path: "name"}, {Title: "IN USE", Path: "in_use"}, {Title: "URL", Path: "url"}, {Title: "SERVICE", Path: "service"},
	{Title: "API KEY", Path: "api_key"},
}

// showProfiles shows them without their keys; only one if it is named.
func (s *session) showProfiles(kept profiles, only string) error {
	page := api.Page{}
	for _, name := range kept.names() {
		if only != "" && name != only {
			continue
		}
		p := kept.Profiles[name]
		o := newObject()
		o.set("name", text(name))
		o.set("in_use", boolean(name == kept.Current))
		o.set("url", text(p.URL))
		o.set("service", text(p.Service))
		o.set("api_key", text("kept"))
		page.Data = append(page.Data, o.value())
	}
	if s.json && only != "" && len(page.Data) == 1 {
		return s.one(page.Data[0])
	}
	return s.list(profileColumns, page)
}

func (a *app) profilesCommand() *cobra.Command {
	group := &cobra.Command{Use: "profiles", Aliases: []string{"profile"}, Short: "List, choose and remove what login has kept"}
	add := func(use, short string, do func(s *session, kept *profiles, name string) error) {
		group.AddCommand(&cobra.Command{
			Use: use, Short: short, Annotations: map[string]string{offline: "yes"}, ValidArgsFunction: completeProfiles,
			RunE: func(c *cobra.Command, args []string) error {
				s, err := a.local(c)
				if err != nil {
					return err
				}
				kept, err := readProfiles()
				if err != nil {
					return err
				}
				name := ""
				if len(args) == 1 {
					if name = args[0]; kept.Profiles[name].URL == "" {
						return &failure{code: ExitNotFound, message: "there is no profile " + name, try: "webplug profiles list"}
					}
				}
				return do(s, &kept, name)
			},
		})
	}
	add("list", "List profiles", func(s *session, kept *profiles, _ string) error {
		return s.showProfiles(*kept, "")
	})
	add("use PROFILE", "Use this profile where none is named", func(s *session, kept *profiles, name string) error {
		kept.Current = name
		return errors.Join(kept.write(), s.showProfiles(*kept, name))
	})
	add("rm PROFILE", "Remove a profile and the key in it", func(s *session, kept *profiles, name string) error {
		delete(kept.Profiles, name)
		if kept.Current == name {
			kept.Current = ""
		}
		s.note("profile %s is removed; its key is still good: webplug keys rm revokes one", name)
		return kept.write()
	})
	return group
}

func completeProfiles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	kept, _ := readProfiles() // a shell shows no errors
	return kept.names(), cobra.ShellCompDirectiveNoFileComp
}
