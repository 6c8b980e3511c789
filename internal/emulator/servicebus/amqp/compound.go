package amqp

import (
	"errors"
	"fmt"
)

// compound decodes a list, map or array: its size counts all that follows it.
func (d *decoder) compound(code byte, depth int) (any, error) {
	if depth >= maxDepth {
		return nil, errDeep
	}
	size, err := d.size(code)
	if err != nil {
		return nil, err
	}
	inner, err := d.take(size)
	if err != nil {
		return nil, err
	}
	outer := d.b
	d.b = inner
	v, err := d.elements(code, depth)
	if err == nil && len(d.b) != 0 {
		err = errors.New("compound value is longer than its elements")
	}
	d.b = outer
	return v, err
}

func (d *decoder) elements(code byte, depth int) (any, error) {
	count, err := d.size(code)
	if err != nil {
		return nil, err
	}
	switch code {
	case codeList8, codeList32:
		return d.list(count, depth)
	case codeMap8, codeMap32:
		return d.pairs(count, depth)
	case codeArray8, codeArray32:
		return d.array(count, depth)
	}
	return nil, fmt.Errorf("unknown constructor 0x%02x", code)
}

func (d *decoder) list(count, depth int) (any, error) {
	if count > len(d.b) {
		return nil, errCount
	}
	var l List
	if !d.dry {
		l = make(List, 0, count)
	}
	for range count {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !d.dry {
			l = append(l, v)
		}
	}
	return l, nil
}

func (d *decoder) pairs(count, depth int) (any, error) {
	if count > len(d.b) || count%2 != 0 {
		return nil, errors.New("map with a wrong number of elements")
	}
	var m Map
	if !d.dry {
		m = make(Map, 0, count/2)
	}
	for range count / 2 {
		k, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !d.dry {
			m = append(m, Pair{k, v})
		}
	}
	return m, nil
}

func (d *decoder) array(count, depth int) (any, error) {
	var a Array
	c, err := d.take(1)
	if err != nil {
		return nil, err
	}
	if c[0] == codeDescribed {
		if a.Descriptor, err = d.value(depth + 1); err != nil {
			return nil, err
		}
		if c, err = d.take(1); err != nil {
			return nil, err
		}
	}
	a.Code = c[0]
	if count > len(d.b) || count > 0 && a.Code < codeUbyte {
		return nil, errCount // items without bytes of their own would cost nothing to claim
	}
	for range count {
		v, err := d.body(a.Code, depth+1)
		if err != nil {
			return nil, err
		}
		if !d.dry {
			a.Items = append(a.Items, v)
		}
	}
	return a, nil
}
