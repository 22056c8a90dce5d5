package rest

import (
	"html/template"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node is a part of a YAML document, in its order; one that is not there has nothing in it.
type node struct{ n *yaml.Node }

type member struct {
	name  string
	value node
}

func (n node) there() bool { return n.n != nil }

func (n node) text() string {
	if n.n == nil || n.n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.n.Value
}

func (n node) get(path ...string) node {
	for _, name := range path {
		found := node{}
		for _, m := range n.members() {
			if m.name == name {
				found = m.value
				break
			}
		}
		n = found
	}
	return n
}

func (n node) members() (out []member) {
	if n.n == nil || n.n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.n.Content); i += 2 {
		out = append(out, member{n.n.Content[i].Value, node{n.n.Content[i+1]}})
	}
	return out
}

func (n node) items() (out []node) {
	if n.n == nil || n.n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, c := range n.n.Content {
		out = append(out, node{c})
	}
	return out
}

// inline makes HTML of a line of the description's Markdown: code between backquotes, and no more.
func inline(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		escaped := template.HTMLEscapeString(part)
		if i%2 == 1 {
			escaped = "<code>" + escaped + "</code>"
		}
		b.WriteString(escaped)
	}
	return template.HTML(b.String()) //nolint:gosec // every part of it was escaped
}

// prose makes HTML of the description's Markdown: paragraphs, lists and tables.
func prose(text string) template.HTML {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(block, "\n")
		switch {
		case strings.HasPrefix(lines[0], "- "):
			b.WriteString("<ul>")
			for item := range strings.SplitSeq(strings.TrimPrefix(block, "- "), "\n- ") {
				b.WriteString("<li>" + string(inline(strings.Join(strings.Fields(item), " "))) + "</li>")
			}
			b.WriteString("</ul>")
		case strings.HasPrefix(lines[0], "|"):
			b.WriteString(`<div class="wide"><table>`)
			for i, line := range lines {
				if i != 1 { // the line below the head
					b.WriteString("<tr>" + cells(line, i == 0) + "</tr>")
				}
			}
			b.WriteString("</table></div>")
		case block != "":
			b.WriteString("<p>" + string(inline(strings.Join(strings.Fields(block), " "))) + "</p>")
		}
	}
	return template.HTML(b.String()) //nolint:gosec // made of what inline gives
}

func cells(line string, head bool) string {
	tag := "td"
	if head {
		tag = "th"
	}
	var b strings.Builder
	for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
		b.WriteString("<" + tag + ">" + string(inline(strings.TrimSpace(cell))) + "</" + tag + ">")
	}
	return b.String()
}
