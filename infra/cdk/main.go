// Command cdk is WebPlug's stack as an app of the AWS CDK. "cdk synth" and "cdk deploy" run it by cdk.json, with the functions'
// package as an asset; "make release" runs it with -release for the template that a release brings along, whose package
// is uploaded by "webplug deploy".
package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

func main() {
	pkg := flag.String("package", "", "the functions' zip, which is deployed as an asset")
	release := flag.Bool("release", false, "a template whose parameters name the package")
	flag.Parse()
	if err := synthesize(*pkg, *release); err != nil {
		slog.Error("the stack cannot be synthesized", "error", err)
		os.Exit(1)
	}
}

// synthesize writes the template to where CDK_OUTDIR says, as the CDK does.
func synthesize(pkg string, release bool) error {
	if (pkg == "") != release {
		return errors.New("give either -package or -release")
	}
	if pkg != "" {
		if _, err := os.Stat(pkg); err != nil {
			return fmt.Errorf("the functions' package is missing (make package): %w", err)
		}
	}
	defer jsii.Close()
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	name := "dev" // cdk synth -c stage=prod
	if given, ok := app.Node().TryGetContext(jsii.String("stage")).(string); ok && given != "" {
		name = given
	}
	if !stage.Valid(name) {
		return fmt.Errorf("%q is no stage's name: 2 to 20 of a-z, 0-9 and -, a letter first, no - last", name)
	}
	NewStack(app, Props{Stage: name, Package: pkg})
	app.Synth(nil)
	return nil
}
