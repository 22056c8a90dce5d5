package domain

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

const (
	// maxComplaint is the longest complaint of a schema, in characters: it may quote the value.
	maxComplaint = 500
	// maxComplaints bounds how many places one refusal names.
	maxComplaints = 10
)

func shortened(s string) string {
	if runes := []rune(s); len(runes) > maxComplaint {
		return string(runes[:maxComplaint]) + "…"
	}
	return s
}

// leaf is one of the causes of a failure that have no further cause.
type leaf struct {
	place   []string
	err     *jsonschema.ValidationError
	missing bool // of a member that is required: the place is its own
}

// leavesOf lists a failure's leaves, always in the same order: an object's members are checked in none. Of alternatives
// (anyOf, oneOf) the first tells, since nobody knows which was meant.
func leavesOf(e *jsonschema.ValidationError) []leaf {
	var leaves []leaf
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		causes := e.Causes
		switch k := e.ErrorKind.(type) {
		case *kind.AnyOf, *kind.OneOf:
			causes = causes[:min(1, len(causes))]
		case *kind.Required:
			for _, name := range k.Missing {
				leaves = append(leaves, leaf{append(slices.Clip(e.InstanceLocation), name), e, true})
			}
			return
		}
		if len(causes) == 0 {
			leaves = append(leaves, leaf{e.InstanceLocation, e, false})
		}
		for _, cause := range causes {
			walk(cause)
		}
	}
	walk(e)
	slices.SortStableFunc(leaves, func(a, b leaf) int {
		if order := slices.Compare(a.place, b.place); order != 0 {
			return order
		}
		return slices.Compare(a.err.ErrorKind.KeywordPath(), b.err.ErrorKind.KeywordPath())
	})
	return leaves
}

// says is the leaf's complaint.
func (l leaf) says() string {
	if l.missing {
		return "is required"
	}
	return shortened(l.err.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
}

// misfit refuses a value for the places where it does not fit, the first ones if they are many.
func misfit(field string, e *jsonschema.ValidationError) *Error {
	var flaws []Flaw
	for _, l := range leavesOf(e) {
		place := shortened(strings.Join(append([]string{field}, l.place...), "."))
		flaw := Flaw{place, "does not fit the event type's schema: " + l.says()}
		if l.missing {
			flaw.Message = "is required by the event type's schema"
		}
		if !slices.Contains(flaws, flaw) {
			flaws = append(flaws, flaw)
		}
		if len(flaws) == maxComplaints {
			break
		}
	}
	refused := Refuse(Invalid, flaws[0].Field, "%s", flaws[0].Message)
	refused.More = flaws[1:]
	return refused
}

// schemaFlaw says why a schema does not compile, for whoever wrote it: they know nothing of where it stands here.
func schemaFlaw(err error) string {
	var (
		invalid *jsonschema.SchemaValidationError
		failed  *jsonschema.ValidationError
		pointer *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
		twice   *jsonschema.DuplicateAnchorError
		outside *jsonschema.LoadURLError
	)
	switch {
	case errors.As(err, &invalid) && errors.As(invalid.Err, &failed):
		l := leavesOf(failed)[0]
		if len(l.place) == 0 {
			return "is no JSON Schema: " + l.says()
		}
		return shortened("is no JSON Schema at " + strings.Join(l.place, ".") + ": " + l.says())
	case errors.As(err, &pointer):
		return lacks(pointer.URL)
	case errors.As(err, &anchor):
		return lacks(anchor.Reference)
	case errors.As(err, &twice):
		return shortened("has the anchor " + twice.Anchor + " twice")
	case errors.As(err, &outside):
		err = outside.Err
	}
	return oneLine(err)
}

// lacks says that a reference into the schema leads nowhere.
func lacks(reference string) string {
	_, fragment, _ := strings.Cut(reference, "#")
	if plain, err := url.PathUnescape(fragment); err == nil {
		fragment = plain
	}
	return shortened("refers to #" + fragment + ", which it does not have")
}

func oneLine(err error) string {
	s := strings.NewReplacer(schemaURL, "the schema", schemaScheme+"/", "").Replace(err.Error())
	return shortened(strings.Join(strings.Fields(s), " "))
}
