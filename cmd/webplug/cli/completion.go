package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// bashWords is what cobra's script for bash takes from the package bash-completion, for machines without it: the words of
// the command line, where bash has not already split them at = and :.
const bashWords = `# Where the package bash-completion is not installed.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref()
    {
        local i glue= word
        words=() cword=0
        for i in "${!COMP_WORDS[@]}"; do
            word=${COMP_WORDS[i]}
            if [[ ${#words[@]} -gt 1 && ( -n $glue || $word == [=:]* ) ]]; then
                words[${#words[@]}-1]+=$word
            else
                words+=("$word")
            fi
            glue=
            [[ $word == *[=:] ]] && glue=yes
            if [[ $i -eq $COMP_CWORD ]]; then cword=$((${#words[@]} - 1)); fi
        done
        cur=${words[cword]} prev=
        if [[ $cword -gt 0 ]]; then prev=${words[cword-1]}; fi
    }
fi

`

// completeWithoutPackage makes the script for bash work without the package bash-completion.
func completeWithoutPackage(root *cobra.Command) {
	c, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || c.RunE == nil {
		return
	}
	script := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := io.WriteString(c.OutOrStdout(), bashWords); err != nil {
			return err
		}
		return script(c, args)
	}
}
