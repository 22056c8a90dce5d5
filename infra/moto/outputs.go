package moto

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// StartWithOutputs is Start, with what moto's CloudFormation forgets: a stack that a change set has made or changed has no
// outputs there, nor its parameters' defaults. So whenever one was carried out, the same template is given to UpdateStack,
// which works both out.
func StartWithOutputs(t testing.TB) string {
	t.Helper()
	to, err := url.Parse(Start(t))
	if err != nil {
		t.Fatal(err)
	}
	settings := Config(to.String())
	direct := cloudformation.NewFromConfig(settings)
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		asked, err := url.ParseQuery(string(body))
		if err != nil || asked.Get("Action") != "ExecuteChangeSet" {
			proxy.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		if answer.Code == http.StatusOK {
			if err := workOut(context.WithoutCancel(r.Context()), direct, asked.Get("StackName")); err != nil {
				t.Errorf("have moto work out the outputs of %s: %v", asked.Get("StackName"), err)
			}
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// workOut gives a stack its own template again, with a space behind it, since moto refuses the very same.
func workOut(ctx context.Context, client *cloudformation.Client, name string) error {
	has, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &name})
	if err != nil {
		return err
	}
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return err
	}
	parameters := make([]types.Parameter, 0, len(out.Stacks[0].Parameters))
	for _, p := range out.Stacks[0].Parameters {
		parameters = append(parameters, types.Parameter{ParameterKey: p.ParameterKey, ParameterValue: p.ParameterValue})
	}
	_, err = client.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: &name, TemplateBody: aws.String(aws.ToString(has.TemplateBody) + " "), Parameters: parameters,
	})
	return err
}
