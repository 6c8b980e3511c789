package azfunc

// batch returns the bodies of a trigger with cardinality many: an array, or a
// string that holds one, beside metadata in arrays. With cardinality one, text
// is encoded twice, so a string that holds an array right away is a batch
// even without its metadata.
func (e *envelope) batch() ([][]byte, bool) {
	inString := e.data[0] == '"'
	if !e.many.isEmpty() || inString && e.one.isEmpty() {
		return array(e.data)
	}
	return nil, false
}

// array returns the elements of an array, or of one in a string.
func array(raw []byte) ([][]byte, bool) {
	if len(raw) > 0 && raw[0] == '"' {
		raw = unquote(raw)
	}
	s := scanner{b: raw}
	var all [][]byte
	for v := range s.elements() {
		all = append(all, v)
	}
	if s.end(); s.err != nil {
		return nil, false
	}
	return all, true
}

// messages puts bodies and metadata together, by their place.
func (e *envelope) messages(bodies [][]byte, d DataType) []Message {
	var columns [fields][][]byte
	for f, raw := range e.many {
		columns[f], _ = array(raw) // unreadable is unknown
	}
	all := make([]Message, len(bodies))
	for i, raw := range bodies {
		var row metadata
		for f, column := range columns {
			if i < len(column) {
				row[f] = column[i]
			}
		}
		all[i] = Message{Body: decodeElement(raw, d), Retry: e.one.retry()}
		all[i].fill(&row, false)
	}
	return all
}

// decodeElement returns the body of one message of a batch.
func decodeElement(raw []byte, d DataType) []byte {
	if raw[0] != '"' {
		body, _ := decodeBody(raw, d)
		return body
	}
	if d == Binary {
		if body, ok := decodeBase64(raw); ok {
			return body
		}
	}
	return unquote(raw)
}
