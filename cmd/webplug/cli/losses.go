package cli

import (
	"context"
	"fmt"
	"time"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/deploy"
)

const (
	countPatience = 20 * time.Second
	countDays     = 999 // the API's most buckets of a day
	countServices = 50  // more are not asked one by one
)

// counts asks the deployed API what it holds. Where it does not answer, nothing is said: the tables' own counts are.
func (s *session) counts(cloud *deploy.Cloud, stack deploy.Stack) []string {
	ctx, cancel := context.WithTimeout(s.ctx, countPatience)
	defer cancel()
	client, _, err := clientOf(s, cloud, stack)
	if err != nil {
		return nil
	}
	services, err := client.List(ctx, api.Path("services"), nil, 0)
	if err != nil {
		return nil
	}
	lines := []string{counted(len(services.Data), "service")}
	asked, atLeast := services.Data, ""
	if len(asked) > countServices {
		asked, atLeast = asked[:countServices], "at least "
	}
	var messages, deliveries int64
	since := query("since", time.Now().AddDate(0, 0, -countDays).UTC().Format(time.RFC3339))
	since.Set("bucket", "1d")
	for _, service := range asked {
		a, err := client.Do(ctx, api.Request{Method: "GET", Path: api.Path("services", idOf(service), "stats"), Query: since})
		if err != nil {
			return lines
		}
		var figures struct {
			Total struct {
				Accepted   int64 `json:"accepted"`
				Deliveries int64 `json:"deliveries"`
			} `json:"total"`
		}
		if a.Into(&figures) != nil {
			return lines
		}
		messages, deliveries = messages+figures.Total.Accepted, deliveries+figures.Total.Deliveries
	}
	return append(lines, fmt.Sprintf("%s%d messages with %d deliveries", atLeast, messages, deliveries))
}
