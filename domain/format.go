package domain

// Format is what an endpoint receives.
type Format string

// The formats.
const (
	StandardWebhooks Format = "standard-webhooks"
	SNS              Format = "sns"
)

// CheckFormat refuses what this deployment cannot deliver. "" means the default.
func CheckFormat(field string, f Format) error {
	switch f {
	case "", StandardWebhooks:
		return nil
	case SNS:
		return Refuse(Invalid, field, "format sns is not available here; use standard-webhooks")
	}
	return Refuse(Invalid, field, "must be standard-webhooks")
}

// checkStoredFormat refuses the default too: events say which format it was.
func checkStoredFormat(field string, f Format) error {
	if f == "" {
		return Refuse(Invalid, field, "must be standard-webhooks")
	}
	return CheckFormat(field, f)
}
