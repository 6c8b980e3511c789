package tables

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/ledger"
)

// shape is the version of the row format. Rows of another version are refused.
const shape int32 = 1

// valuePart is the part of a value that one property holds. The service allows
// 64 KiB in a property, 32,768 UTF-16 units in a string, and 1 MiB in a row.
const valuePart = 60 << 10

// instant is the format of times: always seven digits, because Azurite compares
// times as texts.
const instant = "2006-01-02T15:04:05.0000000Z"

// encode encodes an entry as a row.
func encode(e ledger.Entry) ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	// Quoting preserves all bytes, and people can read them. It is ASCII, because
	// Azurite damages letters that arrive in two packets.
	partition, row := strconv.QuoteToASCII(e.Key.Partition), strconv.QuoteToASCII(e.Key.Row)
	properties := map[string]any{"Shape": shape, "Write": e.WriteID, "Partition": partition, "Row": row}
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

// decode decodes a row. now is the time of the service. With an error it returns
// what is known of the row: its name, its version and its value.
func decode(row []byte, now time.Time) (e ledger.Entry, err error) {
	var entity aztables.EDMEntity
	if json.Unmarshal(row, &entity) != nil {
		return misread(row, errors.New("the row is not what the service would send"))
	}
	if got := entity.Properties["Shape"]; got != shape {
		return misread(row, fmt.Errorf("the row has shape %v; this version of Busbell reads only %d", got, shape))
	}
	e.Version, e.Written = entity.ETag, time.Time(entity.Timestamp).UTC()
	e.Age = max(now.Sub(e.Written), 0)
	partition, ok := unquoted(entity.Properties["Partition"])
	name, named := unquoted(entity.Properties["Row"])
	if !ok || !named || rowKey(name) != entity.RowKey {
		return misread(row, errors.New("the key of the row is not one of Busbell's; does another program write to this table?"))
	}
	e.Key = ledger.Key{Partition: partition, Row: name}
	parts := 0
	for property, value := range entity.Properties {
		switch due, isDue := value.(aztables.EDMDateTime); {
		case property == "Due" && !isDue:
			return misread(row, errors.New("Due of the row is not a time"))
		case property == "Due":
			e.Due = time.Time(due).UTC()
		case strings.HasPrefix(property, valuePrefix):
			parts++
		}
	}
	for n := range parts {
		part, ok := entity.Properties[valueName(n)].(aztables.EDMBinary)
		if !ok {
			return misread(row, fmt.Errorf("%s of the row is missing, or is not binary", valueName(n)))
		}
		e.Value = append(e.Value, part...)
	}
	e.WriteID, _ = entity.Properties["Write"].(string)
	return e, nil
}

// misread is what is known of a row that cannot be decoded. Without its name it
// has no version either, so that nobody can overwrite it.
func misread(row []byte, why error) (ledger.Entry, error) {
	var known struct {
		RowKey any
		Row    any
		Due    any
		ETag   any `json:"odata.etag"`
	}
	_ = json.Unmarshal(row, &known) // fields that are invalid stay nil
	e := ledger.Entry{Value: row}
	key, _ := known.RowKey.(string)
	e.Key.Row = key
	if name, ok := unquoted(known.Row); ok && rowKey(name) == key {
		e.Key.Row = name
		e.Version, _ = known.ETag.(string)
	}
	if due, ok := known.Due.(string); ok {
		e.Due, _ = time.Parse(time.RFC3339Nano, due)
	}
	return e, fmt.Errorf("%w: %w", ledger.ErrBad, why)
}

func unquoted(property any) (string, bool) {
	quoted, _ := property.(string)
	name, err := strconv.Unquote(quoted)
	return name, err == nil
}

const valuePrefix = "Value"

func valueName(n int) string { return valuePrefix + strconv.Itoa(n) }
