package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"webplug/infra/dynamo/local"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestMain also plays the parent that is killed, in TestAKilledParentTakesItAlong.
func TestMain(m *testing.M) {
	if os.Getenv("DYNAMODB_LOCAL_PARENT") != "" {
		parent()
	}
	os.Exit(m.Run())
}

func parent() {
	s, err := local.Start(context.Background(), local.Options{})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, s.Endpoint())
	<-s.Ended()
	os.Exit(0)
}

func start(t *testing.T, o local.Options) *local.Server {
	t.Helper()
	s, err := local.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServer(t *testing.T) {
	var said []string
	s := start(t, local.Options{Progress: func(step string) { said = append(said, step) }})

	t.Run("answers the SDK", func(t *testing.T) {
		out, err := dynamodb.NewFromConfig(s.Config()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
		if err != nil || len(out.TableNames) != 0 {
			t.Fatalf("ListTables: %v, %v", out, err)
		}
	})
	t.Run("says what is waited for", func(t *testing.T) {
		all := strings.Join(said, "\n")
		if !strings.Contains(all, "starting DynamoDB Local") || strings.Contains(all, "other machines") != s.Exposed() {
			t.Fatalf("progress: %q", said)
		}
	})
	t.Run("answers no other machine unless it says so", func(t *testing.T) {
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.Endpoint(), "http://"))
		for _, address := range addresses(t) {
			if answered := answers(t, "http://"+net.JoinHostPort(address, port)); answered != s.Exposed() {
				t.Errorf("a request from %s is answered: %v; the server says %v", address, answered, s.Exposed())
			}
		}
	})
	t.Run("is gone after Close", func(t *testing.T) {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if answers(t, s.Endpoint()) {
			t.Fatal("it still answers")
		}
	})
}

// addresses are this machine's own but loopback: a request to one of them comes from it too.
func addresses(t *testing.T) []string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			found = append(found, ip.IP.String())
		}
	}
	return found
}

func answers(t *testing.T, url string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return true
}

func TestFolderKeepsTables(t *testing.T) {
	folder := t.TempDir()
	first := start(t, local.Options{Folder: folder})
	_, err := dynamodb.NewFromConfig(first.Config()).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            aws.String("kept"),
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}},
		BillingMode:          types.BillingModePayPerRequest,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, local.Options{Folder: folder})
	out, err := dynamodb.NewFromConfig(second.Config()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil || len(out.TableNames) != 1 || out.TableNames[0] != "kept" {
		t.Fatalf("ListTables: %v, %v", out, err)
	}
}

func TestAKilledParentTakesItAlong(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "DYNAMODB_LOCAL_PARENT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	endpoint, err := bufio.NewReader(out).ReadString('\n')
	endpoint = strings.TrimSpace(endpoint)
	if err != nil || !answers(t, endpoint) {
		t.Fatalf("no DynamoDB Local at %q: %v", endpoint, err)
	}

	if err := cmd.Process.Kill(); err != nil { // SIGKILL: nothing of the parent runs any more
		t.Fatal(err)
	}
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for answers(t, endpoint) {
		if time.Now().After(deadline) {
			t.Fatal("DynamoDB Local outlives the killed process that started it")
		}
	}
}

func TestMissingPrograms(t *testing.T) {
	t.Run("Java", func(t *testing.T) {
		_, err := local.Start(t.Context(), local.Options{Java: t.TempDir()})
		if !errors.Is(err, local.ErrMissing) || !strings.Contains(err.Error(), "apt-get install default-jre-headless") {
			t.Fatalf("without Java: %v", err)
		}
	})
	t.Run("npm", func(t *testing.T) {
		java, err := exec.LookPath("java")
		if err != nil {
			t.Fatal(err)
		}
		bin := t.TempDir() // a PATH on which only Java is found
		if err := os.Symlink(java, bin+"/java"); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin)
		t.Setenv("JAVA_HOME", "")
		_, err = local.Start(t.Context(), local.Options{Cache: t.TempDir()})
		if !errors.Is(err, local.ErrMissing) || !strings.Contains(err.Error(), "apt-get install npm") {
			t.Fatalf("without npm: %v", err)
		}
	})
}
