package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"webplug/cmd/internal/process"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "webplug %s%s (%s, %s/%s)\n", version, process.Commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
