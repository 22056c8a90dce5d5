//go:build release

package release

import _ "embed" // the two files below

var (
	//go:embed files/template.json
	template []byte
	//go:embed files/lambda.zip
	code []byte
)
