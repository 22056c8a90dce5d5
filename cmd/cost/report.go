package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"webplug/infra/stage"
)

// measured is one format under one load.
type measured struct {
	load load
	used *usage
}

// report writes what webhooks of one format cost.
func report(out io.Writer, format string, all []measured, details bool) {
	_, _ = fmt.Fprintf(out, "\nformat %s: dollars for a million delivered webhooks\n\n", format)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	heads := ""
	for _, m := range all {
		heads += fmt.Sprintf("%s\t$\t", m.load.name)
	}
	_, _ = fmt.Fprintf(t, "\t%s\n", heads)
	bills := make([][]item, len(all))
	for i, m := range all {
		bills[i] = m.used.bill(m.load.webhooks)
	}
	for line := range bills[0] {
		row := bills[0][line].what + "\t"
		for i := range bills {
			b := bills[i][line]
			row += fmt.Sprintf("%s %s\t%.2f\t", number(b.amount), b.unit, b.perMillion())
		}
		_, _ = fmt.Fprintln(t, row)
	}
	row := "all\t"
	for _, b := range bills {
		row += fmt.Sprintf("\t%.2f\t", total(b))
	}
	_, _ = fmt.Fprintln(t, row)
	_ = t.Flush()
	for _, m := range all {
		functions(out, m)
		if details {
			unitsBy(out, "write units", m.used.writes, m.load.webhooks)
			unitsBy(out, "read units", m.used.reads, m.load.webhooks)
		}
	}
}

func number(n float64) string {
	if n >= 100 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.3f", n)
}

// functions writes what each role did.
func functions(out io.Writer, m measured) {
	_, _ = fmt.Fprintf(out, "\n%s, by function, for each webhook:\n", m.load.name)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\tinvocations\tms billed\tof these computing\tms an invocation\tlog bytes\t")
	for _, r := range stage.Roles() {
		f := m.used.functions[r]
		if f == nil {
			continue
		}
		n := float64(m.load.webhooks)
		_, _ = fmt.Fprintf(t, "%s\t%.3f\t%.2f\t%.2f\t%.1f\t%.1f\t\n", r, float64(f.invocations)/n, f.billedMS(r)/n,
			f.cpu.Seconds()*1000*fullProcessorMB/memory(r)/n, f.billedMS(r)/float64(f.invocations),
			float64(f.logBytes)/n)
	}
	_ = t.Flush()
	for call, n := range m.used.otherCalls {
		_, _ = fmt.Fprintf(out, "  also %d calls of %s\n", n, call)
	}
}

// unitsBy writes who took DynamoDB's units, most first.
func unitsBy(out io.Writer, what string, of map[string]float64, webhooks int) {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Compare(of[b], of[a]) })
	_, _ = fmt.Fprintf(out, "  %s for each webhook, by role, call and table:\n", what)
	for _, name := range names {
		_, _ = fmt.Fprintf(out, "    %8.3f  %s\n", of[name]/float64(webhooks), name)
	}
}

// assumptions are what stands between what was measured and the bill.
func assumptions(webhooks, slow, users int) string {
	return strings.Join([]string{
		"What was run: the Lambda binary of this checkout, behind a Lambda Runtime API, with DynamoDB Local and the local SNS; every call",
		"to AWS passes a meter. DynamoDB's units are what it says itself (ReturnConsumedCapacity), of tables; there are no indexes.",
		fmt.Sprintf("At full load %d webhooks, at one message a second %d (each brought all the way before the next); %d users with one", webhooks, slow, users),
		"endpoint each, which answers 200 at once; 1 KB of ordinary JSON; functions are warm, data keys of the month are there.",
		"",
		"What is assumed:",
		fmt.Sprintf("  full batches: %d records of the stream, %d of a queue, %d of a log group, an invocation each; one message a second: 1 each.", batchRecords, batchQueue, batchReports),
		fmt.Sprintf("  memory %g MB, the role api %g MB (infra/cdk), arm64. Computing is measured here, and as slow as memory/%d MB of a processor.", memory(stage.Views), memory(stage.API), fullProcessorMB),
		fmt.Sprintf("  waits in a row: %g ms DynamoDB, %g ms SNS, %g ms SQS, %g ms an endpoint's answer; calls are made to take as long.", waitDynamoDB, waitSNS, waitSQS, waitEndpoint),
		"  Lambda itself writes no line of an invocation (infra/cdk: system log level WARN). SNS's send to SQS is billed as a call.",
		fmt.Sprintf("  %d bytes of TCP, IP and TLS with each request and answer; connections stay open, so no handshakes.", transportBytes),
		"  SNS writes one status record for a delivery, sampled at 100 %.",
		"  List prices of us-east-1 (cmd/cost/prices.go names the pages), no free tier; polling of the stream is free, and of idle queues",
		"  is below (months).",
	}, "\n")
}

// months is what costs by the month, however many webhooks there are.
func months(alarms, secrets, metrics int) string {
	const polls = 2 * 5 * 3 * 60 * 24 * 30 // two mapped queues, 5 pollers each, a request of 20 s
	return fmt.Sprintf("By the month, whatever is sent: %d alarms $%.2f, %d secrets $%.2f, %d metrics of WebPlug's own up to $%.2f,\n"+
		"polling of the two idle queues %d calls $%.2f; not measured: the role schedule, 43,200 invocations. What is kept costs\n"+
		" $%.2f a GB and month in tables, $%.2f with recovery to any point.",
		alarms, float64(alarms)*priceAlarm, secrets, float64(secrets)*priceSecret, metrics, float64(metrics)*priceMetric,
		polls, float64(polls)*priceSQSCall, priceTableGBMonth, priceTableGBMonth+priceRecoverGB)
}
