package tables

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/ledger"
)

// shape is the version of what a row looks like. A row of another shape is
// refused rather than misread.
const shape int32 = 1

// valuePart is how much of a value one property holds; the service allows
// 64 KiB in each, 32,768 UTF-16 units in a string, 1 MiB in a row.
const valuePart = 60 << 10

// instant is how a time is stored: always seven digits, for Azurite compares
// times as texts.
const instant = "2006-01-02T15:04:05.0000000Z"

// encode makes a row of an entry. The token tells this write from all others.
func encode(e ledger.Entry, token string) ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	// Quoted, any bytes survive, and people can still read them. In ASCII, for
	// Azurite spoils letters that come in two packets.
	partition, row := strconv.QuoteToASCII(e.Key.Partition), strconv.QuoteToASCII(e.Key.Row)
	properties := map[string]any{"Shape": shape, "Write": token, "Partition": partition, "Row": row}
	if !e.Due.IsZero() {
		properties["Due"], properties["Due@odata.type"] = e.Due.UTC().Format(instant), "Edm.DateTime"
	}
	n := 0
	for part := range slices.Chunk(e.Value, valuePart) {
		properties[valueName(n)] = aztables.EDMBinary(part)
		n++
	}
	entity := aztables.EDMEntity{Properties: properties}
	entity.PartitionKey, entity.RowKey = partitionKey(e.Key.Partition), rowKey(e.Key.Row)
	return json.Marshal(entity)
}

// decode reads a row, and the token of the write that made it what it is. now
// is the service's time.
func decode(row []byte, now time.Time) (e ledger.Entry, token string, err error) {
	var entity aztables.EDMEntity
	if err := json.Unmarshal(row, &entity); err != nil {
		return ledger.Entry{}, "", errors.New("the row is none that the service would send")
	}
	if got := entity.Properties["Shape"]; got != shape {
		return ledger.Entry{}, "", fmt.Errorf("the row has shape %v, and this version of Busbell knows %d only", got, shape)
	}
	e.Version, e.Written = entity.ETag, time.Time(entity.Timestamp).UTC()
	e.Age = max(now.Sub(e.Written), 0)
	e.Key.Partition, err = unquoted(entity.Properties["Partition"])
	if err != nil {
		return ledger.Entry{}, "", err
	}
	e.Key.Row, err = unquoted(entity.Properties["Row"])
	if err != nil {
		return ledger.Entry{}, "", err
	}
	if due, ok := entity.Properties["Due"].(aztables.EDMDateTime); ok {
		e.Due = time.Time(due).UTC()
	}
	for n := 0; ; n++ {
		part, ok := entity.Properties[valueName(n)].(aztables.EDMBinary)
		if !ok {
			break
		}
		e.Value = append(e.Value, part...)
	}
	token, _ = entity.Properties["Write"].(string)
	return e, token, nil
}

func unquoted(property any) (string, error) {
	quoted, _ := property.(string)
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return "", errors.New("the row has no key of ours; was the table written by something else?")
	}
	return name, nil
}

func valueName(n int) string { return "Value" + strconv.Itoa(n) }
