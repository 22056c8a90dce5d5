package webplug_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ambient is what a package may not reach for: it comes in from cmd, so that a test or a simulation can stand in.
var ambient = map[string]func(name string) bool{
	"os":           oneOf("Getenv", "LookupEnv", "Environ", "ExpandEnv", "Exit"),
	"time":         oneOf("Now", "Since", "Until"),
	"fmt":          oneOf("Print", "Printf", "Println"),
	"log":          func(name string) bool { return name != "Logger" && name != "New" },
	"math/rand":    global,
	"math/rand/v2": global,
}

func oneOf(names ...string) func(string) bool {
	return func(name string) bool {
		for _, n := range names {
			if n == name {
				return true
			}
		}
		return false
	}
}

// global says that a name of math/rand uses its global source: all but types and constructors.
func global(name string) bool {
	return !strings.HasPrefix(name, "New") && !oneOf("Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf")(name)
}

// allowed are the exceptions, each with its reason.
var allowed = map[string]string{
	"infra/sender/sender.go time.Now":        "the default of an option; it measures durations and stores nothing",
	"infra/pebble/store.go time.Now":         "the default of an option; it measures durations and stores nothing",
	"infra/pebble/store.go os.Exit":          "the default of an option; after a failed sync nothing that the process knows is sure",
	"infra/dynamo/local/server.go os.Getenv": "JAVA_HOME, where Java's own tools look too",
	"projections/attemptqueue.go time.Until": "a context's deadline is the system clock's, whichever the log has",
	"infra/dynamo/failure.go math/rand/v2.N": "jitter between two requests to AWS, which no simulation makes",
}

func TestOnlyCmdTouchesTheWorld(t *testing.T) {
	used := map[string]bool{}
	for at, p := range packages(t) {
		if within(at, "cmd") || within(at, "infra/contract") || within(at, "infra/moto") { // they run in tests alone
			continue
		}
		for _, name := range p.GoFiles {
			file := at + "/" + name
			for where, call := range reaches(t, filepath.Join(p.Dir, name)) {
				if _, ok := allowed[file+" "+call]; ok {
					used[file+" "+call] = true
					continue
				}
				t.Errorf("%s: %s", where, call)
			}
		}
	}
	for exception := range allowed {
		at := filepath.ToSlash(filepath.Dir(strings.Fields(exception)[0]))
		if _, exists := packages(t)[at]; exists && !used[exception] {
			t.Errorf("%q is allowed and not needed any more", exception)
		}
	}
}

// reaches finds a file's uses of ambient names: position ▶ name.
func reaches(t *testing.T, path string) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]string{} // the name in this file ▶ the path
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(importPath, "/v2")
		name = name[strings.LastIndex(name, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = importPath
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := selector.X.(*ast.Ident)
		if !ok || x.Obj != nil { // a variable of that name
			return true
		}
		if forbidden, ok := ambient[imported[x.Name]]; ok && forbidden(selector.Sel.Name) {
			found[fset.Position(selector.Pos()).String()] = imported[x.Name] + "." + selector.Sel.Name
		}
		return true
	})
	return found
}

func TestWhatReachesForTheWorldIsFound(t *testing.T) {
	for call, source := range map[string]string{
		"time.Now":       `import "time"; var now = time.Now`,
		"os.Getenv":      `import sys "os"; var home = sys.Getenv("HOME")`,
		"fmt.Println":    `import "fmt"; func f() { fmt.Println() }`,
		"math/rand/v2.N": `import "math/rand/v2"; var n = rand.N(7)`,
		"math/rand.Intn": `import "math/rand"; var n = rand.Intn(7)`,
		"log.Fatal":      `import "log"; func f() { log.Fatal() }`,
	} {
		found := reaches(t, writeFile(t, source))
		if len(found) != 1 {
			t.Errorf("%s: found %v", source, found)
		}
		for _, name := range found {
			if name != call {
				t.Errorf("%s: found %s", source, name)
			}
		}
	}
	for _, source := range []string{
		`import "time"; func f(now func() time.Time) time.Time { return now().Add(time.Second) }`,
		`import "math/rand/v2"; var r = rand.New(rand.NewPCG(1, 2)); var n = r.IntN(7)`,
		`import "crypto/rand"; var r = rand.Reader`,
		`import "fmt"; var s = fmt.Sprint("x")`,
		`type clock struct{ Now int }; func f(time clock) int { return time.Now }`,
	} {
		if found := reaches(t, writeFile(t, source)); len(found) != 0 {
			t.Errorf("%s: found %v", source, found)
		}
	}
}

func writeFile(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.go")
	if err := os.WriteFile(path, []byte("package x; "+source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
