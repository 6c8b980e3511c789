package tables

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/ledger"
)

// explain returns the ledger's error for an error of the service, or an error of
// one line that says what failed and why.
func (l *Ledger) explain(what, partition string, err error) error {
	switch {
	case coded(err, aztables.EntityAlreadyExists):
		return ledger.ErrExists
	case coded(err, aztables.UpdateConditionNotSatisfied):
		return ledger.ErrChanged
	case coded(err, aztables.ResourceNotFound, aztables.EntityNotFound):
		return ledger.ErrNotFound
	case what != "insert" && coded(err, aztables.TableNotFound): // try has made it: it holds nothing yet
		return ledger.ErrNotFound
	}
	return fmt.Errorf("%s %q in %s: %w", what, partition, l.name, cause(err))
}

// cause is an error without secrets: errors of the SDK contain the request, and
// its URL may contain a signature.
func cause(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		said := fmt.Sprintf("it answered %d", answer.StatusCode)
		if code.MatchString(answer.ErrorCode) {
			said += " " + answer.ErrorCode
		}
		return errors.New(said + cure(answer.StatusCode))
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	said := oneLine(err.Error())
	if errors.Is(err, syscall.ECONNREFUSED) {
		said += "; is it running, and is this its address?"
	}
	return errors.New(said)
}

func cure(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return `; give the identity the role "Storage Table Data Contributor" on the storage account, or check the key and the account's firewall`
	case http.StatusNotFound:
		return "; check the address of the table service"
	}
	return ""
}

var (
	code  = regexp.MustCompile(`^\w{1,60}$`)
	query = regexp.MustCompile(`\?\S*`)
)

// oneLine is the first part of a text of many lines, without the queries of URLs.
func oneLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = query.ReplaceAllString(line, "")
	if len(line) > 300 {
		line = strings.ToValidUTF8(line[:300], "") + "…"
	}
	return line
}
