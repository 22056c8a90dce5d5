package snslocal

import (
	"crypto/md5" //nolint:gosec // messageMD5Sum is what the record calls it
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// statusRecord is one line of SNS's delivery status log. Its shape is that of records seen on AWS; of a failure over HTTP
// none was found, so it has the shape of a success's, as other protocols' failures do.
type statusRecord struct {
	Notification struct {
		MessageMD5Sum string `json:"messageMD5Sum"`
		MessageID     string `json:"messageId"`
		TopicARN      string `json:"topicArn"`
		Timestamp     string `json:"timestamp"`
	} `json:"notification"`
	Delivery struct {
		DeliveryID       string `json:"deliveryId"`
		Destination      string `json:"destination"`
		ProviderResponse string `json:"providerResponse"`
		DwellTimeMS      int64  `json:"dwellTimeMs"`
		Attempts         int    `json:"attempts"`
		StatusCode       int    `json:"statusCode,omitzero"`
	} `json:"delivery"`
	Status string `json:"status"`
}

func (s *Server) statusRecord(m *message, sub *subscription, j *job, a answer) []byte {
	var r statusRecord
	sum := md5.Sum([]byte(m.Text)) //nolint:gosec // as above
	r.Notification.MessageMD5Sum, r.Notification.MessageID = hex.EncodeToString(sum[:]), m.ID
	r.Notification.TopicARN, r.Notification.Timestamp = m.TopicARN, m.At.UTC().Format("2006-01-02 15:04:05.000")
	r.Delivery.DeliveryID, r.Delivery.Destination = j.ID, sub.Endpoint
	r.Delivery.ProviderResponse, r.Delivery.Attempts, r.Delivery.StatusCode = strings.ToValidUTF8(a.text, "\uFFFD"), j.Attempts, a.status
	r.Delivery.DwellTimeMS = s.options.Now().Sub(m.At).Milliseconds()
	r.Status = "FAILURE"
	if a.success() {
		r.Status = "SUCCESS"
	}
	out, err := json.Marshal(r, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return []byte(`{}`) // none of its types can fail
	}
	return out
}

// logs says whether the topic wants a record: failures always, successes by the sample rate, each where a role is given
// (Amazon SNS Developer Guide, "Message delivery status"). A rate in between takes all.
func (t *topic) logs(a answer) bool {
	if !a.success() {
		return t.Attributes["HTTPFailureFeedbackRoleArn"] != ""
	}
	rate, err := strconv.Atoi(t.Attributes["HTTPSuccessFeedbackSampleRate"])
	return t.Attributes["HTTPSuccessFeedbackRoleArn"] != "" && (err != nil || rate > 0)
}

// deadLetterQueue reads a RedrivePolicy (Amazon SNS Developer Guide, "Dead-letter queues").
func deadLetterQueue(text string) (string, error) {
	var p struct {
		ARN string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil || !strings.HasPrefix(p.ARN, "arn:aws:sqs:") {
		return "", invalid("Invalid parameter: RedrivePolicy: deadLetterTargetArn must be the ARN of a queue")
	}
	return p.ARN, nil
}
