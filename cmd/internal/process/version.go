package process

import "runtime/debug"

// Commit is what the binary was built from, as far as the Go tool wrote it down: " of 1a2b3c", or "".
func Commit() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return ""
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", changed"
		}
	}
	if revision == "" {
		return ""
	}
	return " of " + revision + changed
}
