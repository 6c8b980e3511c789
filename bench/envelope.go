package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httputil"
)

const (
	timerRoute = "/ErrorQueueTimer"
	eventRoute = "/FeatureEventTrigger"
)

// timerEnvelope is what the host posts when a timer is due.
const timerEnvelope = `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}},` +
	`"Metadata":{"sys":{"MethodName":"ErrorQueueTimer","UtcNow":"2026-04-17T08:34:00.0029794Z","RandGuid":"7cfaa21d-bb50-45fc-9ef3-3b2b305efe7e"}}}`

// eventEnvelope is what the host posts for an event that Rebus published,
// with all the metadata that it sends along.
func eventEnvelope() []byte {
	const id = "f0b6d6b4-3c5e-4d55-9d2c-7b6f1f0f8a11"
	body := `{"OrderId":40318,"CustomerId":"c-118","CustomerName":"Ada","Total":118.5,"Currency":"EUR",` +
		`"Lines":[{"Sku":"A-17","Pieces":2,"Price":19.5},{"Sku":"B-4","Pieces":1,"Price":79.5}],"PlacedAt":"2026-04-17T08:33:58Z"}`
	properties := map[string]any{
		"rbs2-msg-id": id, "rbs2-msg-type": wantedEvent + ", Shop.Orders", "rbs2-corr-id": id, "rbs2-corr-seq": "0",
		"rbs2-intent": "pub", "rbs2-senttime": "2026-04-17T08:33:58.4219271+00:00", "rbs2-return-address": "shop.orders",
		"rbs2-sender-address": "shop.orders", "rbs2-content-type": "application/json;charset=utf-8",
	}
	quoted := func(s string) string { return `"` + s + `"` } // texts come as JSON within JSON
	envelope := map[string]any{
		"Data": map[string]any{"message": base64.StdEncoding.EncodeToString([]byte(body))},
		"Metadata": map[string]any{
			"MessageReceiver": struct{}{}, "MessageSession": struct{}{}, "MessageActions": struct{}{}, "SessionActions": struct{}{}, "ReceiveActions": struct{}{},
			"Client":        map[string]any{"FullyQualifiedNamespace": "127.0.0.1", "IsClosed": false, "TransportType": 0, "Identifier": "127.0.0.1-" + id},
			"DeliveryCount": "1", "LockToken": quoted(id), "SequenceNumber": "40318",
			"ExpiresAtUtc": "9999-12-31T23:59:59", "ExpiresAt": "9999-12-31T23:59:59+00:00",
			"EnqueuedTimeUtc": "2026-04-17T08:33:58", "EnqueuedTime": "2026-04-17T08:33:58+00:00",
			"MessageId": quoted(id), "ContentType": quoted("application/json;charset=utf-8"), "Subject": quoted("OrderPlaced/" + id),
			"Label": quoted("OrderPlaced/" + id), "CorrelationId": quoted(id),
			"ApplicationProperties": properties, "UserProperties": properties,
			"sys": map[string]any{"MethodName": "FeatureEventTrigger", "UtcNow": "2026-04-17T08:33:58.9545721Z", "RandGuid": id},
		},
	}
	text, err := json.Marshal(envelope)
	if err != nil {
		panic(err) // maps of texts and numbers always encode
	}
	return text
}

// request is the call of a route in the host's own bytes: chunked, in two.
func request(route string, envelope []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Azure-Functions-HostVersion: 4.1037.0.0\r\n", route)
	b.WriteString("X-Azure-Functions-InvocationId: 98156f27-0a0e-4d2c-8192-50c3fdfc97ac\r\nUser-Agent: Azure-Functions-Host/4.1037.0.0\r\n")
	b.WriteString("Transfer-Encoding: chunked\r\nContent-Type: application/json; charset=utf-8\r\n\r\n")
	chunks := httputil.NewChunkedWriter(&b)
	_, _ = chunks.Write(envelope[:min(1024, len(envelope))])
	_, _ = chunks.Write(envelope[min(1024, len(envelope)):])
	_ = chunks.Close() // a buffer takes it all
	b.WriteString("\r\n")
	return b.Bytes()
}
