package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/go-json-experiment/json"
)

// refuseLimit is how long Lambda may take to be told.
const refuseLimit = 5 * time.Second

// refuse tells Lambda why the function cannot start, so that who invokes it is told so too; aws-lambda-go only ends.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func refuse(ctx context.Context, api string, why error) error {
	if api == "" {
		return nil
	}
	body, err := json.Marshal(messages.InvokeResponse_Error{Message: why.Error(), Type: "Start"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, refuseLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Lambda-Runtime-Function-Error-Type", "Runtime.Start")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the runtime answers %s", answer.Status)
	}
	return nil
}
