package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

// Quotas is the part of Service Quotas' API that reads an account's own quotas.
type Quotas interface {
	GetServiceQuota(context.Context, *servicequotas.GetServiceQuotaInput, ...func(*servicequotas.Options)) (*servicequotas.GetServiceQuotaOutput, error)
}

// Alarms is the part of CloudWatch's API that says how alarms are.
type Alarms interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
}

// quota is one that WebPlug needs something of.
type quota struct {
	service, code string
	least         float64
	then          string
}

// quotas are those that new accounts have too little of, by the codes of the Service Quotas console.
var quotas = []quota{
	{"lambda", "L-B99A9384", 50, "Lambda may run only %.0f functions at once in this account, which all of its functions share: under load webhooks " +
		"come late; ask for 1,000 (aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region %s)"},
	{"sns", "L-4126E74A", 10000, "SNS takes only %.0f filter policies in this account, so that many endpoints of the format sns: ask for more " +
		"(aws service-quotas request-service-quota-increase --service-code sns --quota-code L-4126E74A --desired-value 10000 --region %s)"},
}

// CheckQuotas says in sentences where the account may have too little. What cannot be read is said too, and stops nothing.
func (c *Cloud) CheckQuotas(ctx context.Context) []string {
	var notes []string
	for _, q := range quotas {
		out, err := c.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &q.service, QuotaCode: &q.code})
		var told *Error
		switch {
		case err != nil && errors.As(c.explain(err), &told) && told.Denied:
			return append(notes, "quotas are not checked: "+told.Message)
		case err != nil || out.Quota == nil:
			continue // an account without a value of its own has the default
		}
		if has := aws.ToFloat64(out.Quota.Value); has < q.least {
			notes = append(notes, fmt.Sprintf(q.then, has, c.Region))
		}
	}
	return notes
}
