package servicebus

import (
	"fmt"
	"io"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// greet exchanges protocol headers and lets anybody in.
func (c *connection) greet() error {
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	defer func() { _ = c.conn.SetDeadline(time.Time{}) }()
	header, err := c.header()
	if err == nil && header == amqp.HeaderSASL {
		if err = c.authenticate(); err == nil {
			header, err = c.header()
		}
	}
	switch {
	case err != nil:
		return err
	case header != amqp.HeaderAMQP:
		_, _ = io.WriteString(c.conn, amqp.HeaderSASL) // what we would have taken
		return fmt.Errorf("protocol header %q", header)
	}
	_, err = io.WriteString(c.conn, amqp.HeaderAMQP)
	return err
}

func (c *connection) header() (string, error) {
	var h [8]byte
	_, err := io.ReadFull(c.in, h[:])
	return string(h[:]), err
}

func (c *connection) authenticate() error {
	hello := amqp.AppendFrame([]byte(amqp.HeaderSASL), amqp.FrameSASL, 0,
		amqp.SASLMechanisms{Mechanisms: []amqp.Symbol{"ANONYMOUS", "MSSBCBS", "PLAIN"}}, nil)
	if _, err := c.conn.Write(hello); err != nil {
		return err
	}
	f, _, err := amqp.ReadFrame(c.in, nil, frameSize)
	if err != nil {
		return err
	}
	p, _, err := amqp.ParseBody(f.Body)
	if err != nil {
		return err
	}
	init, ok := p.(amqp.SASLInit)
	if !ok || f.Kind != amqp.FrameSASL {
		return fmt.Errorf("%T where sasl-init was expected", p)
	}
	code := uint8(0)
	switch init.Mechanism {
	case "ANONYMOUS", "MSSBCBS", "PLAIN":
	default:
		code = 1
	}
	if _, err := c.conn.Write(amqp.AppendFrame(nil, amqp.FrameSASL, 0, amqp.SASLOutcome{Code: code}, nil)); err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("SASL mechanism %q", init.Mechanism)
	}
	return nil
}
