package snslocal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// SNS speaks the AWS query protocol: a form with Action and flattened names, answered in XML (Amazon SNS API Reference;
// the shapes of the answers as in its examples).

const (
	namespace  = "http://sns.amazonaws.com/doc/2010-03-31/"
	maxRequest = 4 << 20 // bytes; a batch has at most 256 KB of messages, which escaping may make three times as long
)

// fault is an error as SNS answers it.
type fault struct {
	Status  int
	Code    string // "InvalidParameter"
	Message string
}

func (f *fault) Error() string { return f.Code + ": " + f.Message }

func invalid(message string) *fault {
	return &fault{http.StatusBadRequest, "InvalidParameter", message}
}
func notFound(message string) *fault { return &fault{http.StatusNotFound, "NotFound", message} }
func denied(message string) *fault {
	return &fault{http.StatusForbidden, "AuthorizationError", message}
}

// params are a request's parameters.
type params struct{ url.Values }

// pairs reads "Name.entry.N.key" and ".value", whatever the two are called.
func (p params) pairs(name, key, value string) map[string]string {
	out := map[string]string{}
	for i := 1; ; i++ {
		at := name + "." + strconv.Itoa(i) + "."
		if !p.Has(at + key) {
			return out
		}
		out[p.Get(at+key)] = p.Get(at + value)
	}
}

// list reads "Name.member.N".
func (p params) list(name string) []string {
	var out []string
	for i := 1; p.Has(name + "." + strconv.Itoa(i)); i++ {
		out = append(out, p.Get(name+"."+strconv.Itoa(i)))
	}
	return out
}

// action does one thing; its result is what stands in <ActionResult>, nil if there is none. Unsigned says whether it may be
// asked for without credentials.
type action struct {
	do       func(s *Server, r *http.Request, p params, signed bool) (any, error)
	unsigned bool
}

var actions = map[string]action{
	"CreateTopic":               {do: (*Server).createTopic},
	"DeleteTopic":               {do: (*Server).deleteTopic},
	"ListTopics":                {do: (*Server).listTopics},
	"GetTopicAttributes":        {do: (*Server).getTopicAttributes},
	"SetTopicAttributes":        {do: (*Server).setTopicAttributes},
	"TagResource":               {do: (*Server).tagResource},
	"UntagResource":             {do: (*Server).untagResource},
	"ListTagsForResource":       {do: (*Server).listTags},
	"Subscribe":                 {do: (*Server).subscribe},
	"ConfirmSubscription":       {do: (*Server).confirm, unsigned: true},
	"Unsubscribe":               {do: (*Server).unsubscribe, unsigned: true},
	"GetSubscriptionAttributes": {do: (*Server).getSubscriptionAttributes},
	"SetSubscriptionAttributes": {do: (*Server).setSubscriptionAttributes},
	"ListSubscriptions":         {do: (*Server).listSubscriptions},
	"ListSubscriptionsByTopic":  {do: (*Server).listSubscriptions},
	"Publish":                   {do: (*Server).publish},
	"PublishBatch":              {do: (*Server).publishBatch},
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, signed bool) {
	id := s.uuid()
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		writeFault(w, id, &fault{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request cannot be read: " + err.Error()})
		return
	}
	p := params{r.Form}
	name := p.Get("Action")
	a, ok := actions[name]
	switch {
	case !ok:
		writeFault(w, id, &fault{http.StatusBadRequest, "InvalidAction", "the action " + strconv.Quote(name) + " is not valid for this endpoint"})
		return
	case !signed && !a.unsigned:
		writeFault(w, id, denied(name+" needs credentials"))
		return
	}
	result, err := a.do(s, r, p, signed)
	var f *fault
	switch {
	case errors.As(err, &f):
		writeFault(w, id, f)
	case err != nil:
		s.options.Logger.Error("the local SNS could not answer", "action", name, "error", err)
		writeFault(w, id, &fault{http.StatusInternalServerError, "InternalError", err.Error()})
	default:
		writeResult(w, id, name, result)
	}
}

func writeResult(w http.ResponseWriter, id, action string, result any) {
	var b bytes.Buffer
	b.WriteString(`<` + action + `Response xmlns="` + namespace + `">`)
	if result != nil {
		e := xml.NewEncoder(&b)
		if err := e.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}}); err != nil {
			writeFault(w, id, &fault{http.StatusInternalServerError, "InternalError", err.Error()})
			return
		}
	}
	b.WriteString(`<ResponseMetadata><RequestId>` + id + `</RequestId></ResponseMetadata></` + action + `Response>` + "\n")
	writeXML(w, id, http.StatusOK, b.Bytes())
}

func writeFault(w http.ResponseWriter, id string, f *fault) {
	var message bytes.Buffer
	_ = xml.EscapeText(&message, []byte(f.Message)) // a buffer takes everything
	kind := "Sender"
	if f.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	writeXML(w, id, f.Status, []byte(`<ErrorResponse xmlns="`+namespace+`"><Error><Type>`+kind+`</Type><Code>`+f.Code+`</Code><Message>`+
		message.String()+`</Message></Error><RequestId>`+id+"</RequestId></ErrorResponse>\n"))
}

func writeXML(w http.ResponseWriter, id string, status int, body []byte) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// memoryAnswer is an answer that stays in memory.
type memoryAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (a *memoryAnswer) Header() http.Header { return a.header }

// WriteHeader sets the status.
func (a *memoryAnswer) WriteHeader(status int) { a.status = status }

// Write adds to the body.
func (a *memoryAnswer) Write(b []byte) (int, error) { return a.body.Write(b) }

// attributes is a map in an answer, as <entry><key/><value/></entry>.
type attributes struct {
	Entries []attribute `xml:"entry"`
}

type attribute struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

func entries(m map[string]string) attributes {
	var a attributes
	for _, k := range sortedKeys(m) {
		a.Entries = append(a.Entries, attribute{k, m[k]})
	}
	return a
}

// page cuts a list into pages of 100, as SNS does; the token is the last one given.
func page(keys []string, token string) (part []string, next string) {
	from := 0
	for from < len(keys) && token != "" && strings.Compare(keys[from], token) <= 0 {
		from++
	}
	part = keys[from:]
	if len(part) > pageRows {
		part = part[:pageRows]
		next = part[pageRows-1]
	}
	return part, next
}

const pageRows = 100
