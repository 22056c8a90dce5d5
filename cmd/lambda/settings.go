package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"webplug/domain"
	"webplug/infra/stage"
)

// settings are what the environment says.
type settings struct {
	role            stage.Role
	stage           string
	tables          string
	defaultFormat   domain.Format
	masterKeySecret string // ARN
	adminKeySecret  string // ARN
	attempts        queue
	workURL         string
	deadLetters     queue
	feedbackRole    string // ARN
	reportsFunction string // ARN
	logRetention    int32  // days
	publicURL       string // "" where it is not known
}

// queue is one of SQS.
type queue struct{ url, arn string }

// needs are the variables that a role cannot do without, beyond role, stage and tables.
func needs(r stage.Role) []string {
	topics := []string{
		stage.EnvAttemptsQueueARN, stage.EnvDeadLettersARN, stage.EnvFeedbackRole, stage.EnvReportsFunction, stage.EnvLogRetention,
	}
	switch r {
	case stage.Views:
		return nil
	case stage.Reports:
		return []string{stage.EnvMasterKeySecret}
	case stage.API:
		return []string{stage.EnvMasterKeySecret, stage.EnvAdminKeySecret, stage.EnvDefaultFormat}
	case stage.Queue:
		return []string{stage.EnvMasterKeySecret, stage.EnvAttemptsQueueURL}
	case stage.Schedule:
		return append(topics, stage.EnvMasterKeySecret, stage.EnvAttemptsQueueURL, stage.EnvWorkQueueURL, stage.EnvDeadLettersURL)
	case stage.Dispatch, stage.Work:
		return append(topics, stage.EnvMasterKeySecret, stage.EnvAttemptsQueueURL, stage.EnvWorkQueueURL)
	}
	return nil
}

// settingsFrom reads the environment. The error names every variable that is missing or wrong.
func settingsFrom(getenv func(string) string) (settings, error) {
	var wrong error
	complain := func(name, format string, args ...any) {
		wrong = errors.Join(wrong, fmt.Errorf("%s %s", name, fmt.Sprintf(format, args...)))
	}
	s := settings{
		role: stage.Role(getenv(stage.EnvRole)), stage: getenv(stage.EnvStage), tables: getenv(stage.EnvTables),
		defaultFormat:   domain.Format(getenv(stage.EnvDefaultFormat)),
		masterKeySecret: getenv(stage.EnvMasterKeySecret), adminKeySecret: getenv(stage.EnvAdminKeySecret),
		attempts: queue{getenv(stage.EnvAttemptsQueueURL), getenv(stage.EnvAttemptsQueueARN)}, workURL: getenv(stage.EnvWorkQueueURL),
		deadLetters:  queue{getenv(stage.EnvDeadLettersURL), getenv(stage.EnvDeadLettersARN)},
		feedbackRole: getenv(stage.EnvFeedbackRole), reportsFunction: getenv(stage.EnvReportsFunction), publicURL: getenv(stage.EnvPublicURL),
	}
	if !slices.Contains(stage.Roles(), s.role) {
		complain(stage.EnvRole, "is %q; it must be one of %v", s.role, stage.Roles())
	}
	if !stage.Valid(s.stage) {
		complain(stage.EnvStage, "is %q; it must be a stage's name: 2 to 20 of a-z, 0-9 and -", s.stage)
	}
	if s.tables == "" {
		complain(stage.EnvTables, "is not set: it begins the names of the tables")
	}
	if f := s.defaultFormat; f != "" && f != domain.SNS && f != domain.StandardWebhooks {
		complain(stage.EnvDefaultFormat, "is %q; it must be %s or %s", f, domain.SNS, domain.StandardWebhooks)
	}
	if text := getenv(stage.EnvLogRetention); text != "" {
		days, err := strconv.ParseInt(text, 10, 32)
		if err != nil || days < 1 {
			complain(stage.EnvLogRetention, "is %q; it must be a number of days", text)
		}
		s.logRetention = int32(days)
	}
	for _, name := range needs(s.role) {
		if getenv(name) == "" {
			complain(name, "is not set; the role %s needs it", s.role)
		}
	}
	return s, wrong
}
