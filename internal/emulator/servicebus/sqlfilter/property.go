package sqlfilter

import (
	"fmt"
	"strings"
)

// property parses the name of a property, with or without its scope.
func (p *parser) property() (node, error) {
	t := p.next()
	name, err := nameOf(t)
	if err != nil {
		return node{}, err
	}
	prop := Property{Name: name}
	if p.take(".") {
		if t.kind != word || !t.is("sys") && !t.is("user") {
			return node{}, wrong(t.column, "the scope of a property is sys or user, not %v; a name with a dot stands in [brackets]", t)
		}
		prop.System = t.is("sys")
		inner := p.next()
		if prop.Name, err = nameOf(inner); err != nil {
			return node{}, err
		}
	}
	if prop.System {
		return systemProperty(t.column, prop)
	}
	return node{column: t.column, property: &prop, eval: func(m Message) (any, error) {
		v, _ := m.Get(prop)
		return normal(v), nil
	}}, nil
}

func nameOf(t token) (string, error) {
	switch {
	case t.kind == quoted:
		return t.text, nil
	case t.kind != word:
		return "", wrong(t.column, "need a property, constant or function, not %v", t)
	case isKeyword(t.text):
		return "", wrong(t.column, "%s is a keyword; as a name it stands in [brackets]", strings.ToUpper(t.text))
	}
	return t.text, nil
}

// systemProperty is a property of the service's own. A name that the service
// does not have fails when it is evaluated, as documented.
func systemProperty(column int, prop Property) (node, error) {
	if name, ok := named(brokerNames, prop.Name); ok {
		return node{}, wrong(column, "sys.%s is not emulated in rules; emulated are %s", name, strings.Join(SystemNames, ", "))
	}
	name, ok := named(SystemNames, prop.Name)
	if !ok {
		return node{column: column, property: &prop, eval: func(Message) (any, error) {
			return nil, fmt.Errorf("there is no system property %s", prop.Name)
		}}, nil
	}
	prop.Name = name
	return node{column: column, property: &prop, eval: func(m Message) (any, error) {
		v, _ := m.Get(prop)
		return normal(v), nil
	}}, nil
}
