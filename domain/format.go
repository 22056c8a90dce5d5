package domain

// Format is what an endpoint receives.
type Format string

// The formats.
const (
	StandardWebhooks Format = "standard-webhooks" // https://www.standardwebhooks.com
	SNS              Format = "sns"               // what Amazon SNS sends to HTTP endpoints
)

// CheckFormat refuses what is no format. "" means the default.
func CheckFormat(field string, f Format) error {
	switch f {
	case "", StandardWebhooks, SNS:
		return nil
	}
	return Refuse(Invalid, field, "must be standard-webhooks or sns")
}

// checkStoredFormat refuses the default too: events say which format it was.
func checkStoredFormat(field string, f Format) error {
	if f == "" {
		return Refuse(Invalid, field, "must be standard-webhooks or sns")
	}
	return CheckFormat(field, f)
}
