package process

import (
	"context"
	"errors"
	"fmt"
	"io"

	"webplug/domain/eventlog"
)

// errOtherMasterKey says that the data is sealed with another key.
var errOtherMasterKey = errors.New("the data was made with another master key: give the one it was made with " +
	"(WEBPLUG_MASTER_KEY, or master.key in the data folder; in AWS the stage's secret); without it payloads and secrets stay sealed for ever")

// Sealer makes the sealer of a log, or says that the data is another key's. A log that has nothing yet takes any key.
func Sealer(ctx context.Context, keys eventlog.Keys, master []byte, random io.Reader, empty func(context.Context) (bool, error)) (*eventlog.Sealer, error) {
	sealer, err := eventlog.NewSealer(keys, master, random)
	if err != nil {
		return nil, err
	}
	err = sealer.CheckMaster(ctx, false)
	if errors.Is(err, eventlog.ErrSealed) { // or it is the first start
		var fresh bool
		if fresh, err = empty(ctx); err == nil {
			err = sealer.CheckMaster(ctx, fresh)
		}
	}
	if errors.Is(err, eventlog.ErrSealed) {
		return nil, errOtherMasterKey
	} else if err != nil {
		return nil, fmt.Errorf("check the master key: %w", err)
	}
	return sealer, nil
}

// Empty says whether nothing was ever appended to a log.
func Empty(ctx context.Context, scanner eventlog.Scanner) (bool, error) {
	for _, err := range scanner.Scan(ctx, "") {
		return false, err
	}
	return true, nil
}
