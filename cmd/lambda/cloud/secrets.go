package cloud

import (
	"net/http"

	"github.com/go-json-experiment/json"
)

// Secrets is Secrets Manager with some secrets, by ARN. It answers GetSecretValue alone.
type Secrets map[string]string

// ServeHTTP answers a call.
func (s Secrets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ SecretId string }
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err := json.UnmarshalRead(r.Body, &in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	text, ok := s[in.SecretId]
	if !ok {
		Refuse(w, http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	_ = json.MarshalWrite(w, map[string]string{"ARN": in.SecretId, "SecretString": text})
}

// Refuse answers an error as AWS's JSON protocols have it.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, map[string]string{"__type": code, "message": message})
}

// Agreeable answers every call with an empty object: services whose answers nobody looks at.
type Agreeable struct{}

// ServeHTTP answers a call.
func (Agreeable) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write([]byte("{}"))
}
