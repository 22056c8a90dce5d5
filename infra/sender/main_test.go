package sender_test

import (
	"io"
	"log"
	"os"
	"testing"
)

// As a program should: net/http logs there what an endpoint sends unasked.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}
