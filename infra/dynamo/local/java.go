package local

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const (
	oldestJava = 11 // what DynamoDB Local 1.25 asks for
	lastPolicy = 23 // the last Java with a security manager (JEP 486 took it away)
)

// java is a Java runtime: its program and its feature release (17 for 17.0.15).
type java struct {
	program string
	release int
}

// confines says whether this Java can keep other machines out by a policy.
func (j java) confines() bool { return j.release <= lastPolicy }

// findJava takes the Java of JAVA_HOME, else the first one on PATH.
func findJava(ctx context.Context, home string) (java, error) {
	program := filepath.Join(home, "bin", "java")
	if home == "" {
		var err error
		if program, err = exec.LookPath("java"); err != nil {
			return java{}, missingJava("")
		}
	}
	// -version is asked even so: macOS has a java on PATH that only says where to get one.
	said, err := exec.CommandContext(ctx, program, "-version").CombinedOutput()
	if err != nil {
		return java{}, missingJava(fmt.Sprintf(" (%s -version: %v)", program, err))
	}
	release := parseRelease(string(said))
	if release < oldestJava {
		return java{}, missingJava(fmt.Sprintf(" (%s is Java %d)", program, release))
	}
	return java{program: program, release: release}, nil
}

func missingJava(why string) error {
	return fmt.Errorf("DynamoDB Local needs Java %d or newer, which is %w%s: install one and have it on PATH or in JAVA_HOME "+
		"(Debian: apt-get install default-jre-headless; macOS: brew install openjdk)", oldestJava, ErrMissing, why)
}

// parseRelease reads the feature release from what `java -version` prints, 0 if it cannot. Before 9 it was the second
// number ("1.8.0_292").
func parseRelease(said string) int {
	m := regexp.MustCompile(`version "(?:1\.)?(\d+)`).FindStringSubmatch(said)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
