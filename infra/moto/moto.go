// Package moto runs moto for tests: an emulator of AWS that others wrote, of which SNS and SQS are used. It knows neither
// handshakes nor retries nor delivery status records (infra/snslocal does), but it hands on from topics to queues.
package moto

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Version is the one that "make moto" installs.
const Version = "5.2.1"

// Start runs moto until the test ends, and gives where it answers. Where it cannot be installed the test is skipped, with
// a sentence that says why.
func Start(t testing.TB) string {
	t.Helper()
	binary, err := find(t.Context())
	if err != nil {
		t.Skipf("this test runs moto %s, which cannot be installed: %v", Version, err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = l.Close()
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, binary, "-H", "127.0.0.1", "-p", port)
	if err := server.Start(); err != nil {
		stop()
		t.Fatalf("start moto: %v", err)
	}
	t.Cleanup(func() { stop(); _ = server.Wait() })
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address
		}
		if time.Now().After(end) {
			t.Fatal("moto does not answer")
		}
	}
}

// Config is what the SDK needs to reach it.
func Config(url string) aws.Config {
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider("moto", "moto", ""),
	}
}

// find gives the program, after "make moto" where it is not there. Test binaries that run at once wait for each other.
func find(ctx context.Context) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(root, ".tools", "moto", "bin", "moto_server")
	installed := filepath.Join(root, ".tools", "moto", "version-"+Version)
	if _, err := os.Stat(installed); err == nil {
		return binary, nil
	}
	if err := os.MkdirAll(filepath.Join(root, ".tools"), 0o755); err != nil {
		return "", err
	}
	lock, err := os.Create(filepath.Join(root, ".tools", "moto.lock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("wait for its installation: %w", err)
	}
	output, err := exec.CommandContext(ctx, "make", "-s", "-C", root, "moto").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make moto: %w: %s", err, output)
	}
	if _, err := os.Stat(installed); err != nil {
		return "", errors.New(strings.TrimSpace(string(output)))
	}
	return binary, nil
}

func moduleRoot() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
	}
	return "", errors.New("no go.mod is above the test")
}
