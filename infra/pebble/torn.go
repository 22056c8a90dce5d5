package pebble

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// The end of the newest log may be torn by a crash, so Pebble takes the first record there that makes no sense for the
// end, and what lies behind it is gone without a word. That would lose what was acknowledged if not a crash but damage
// is the reason. Therefore each commit is stamped with its position, in bytes that can be found without understanding
// the log: as a commit is written only when the one before it is durable, a stamp two positions behind the last commit
// that Pebble found proves that one is missing.

// stampMark is no UTF-8, so no text holds it.
const stampMark = "\xffwebplug\xfe"

const stampLen = len(stampMark) + 8 + 4

func appendStamp(dst []byte, at eventlog.Position) []byte {
	from := len(dst)
	dst = binary.BigEndian.AppendUint64(append(dst, stampMark...), uint64(at))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[from:]))
}

// parseStamp reads a stamp that b begins with.
func parseStamp(b []byte) (eventlog.Position, bool) {
	if len(b) < stampLen || string(b[:len(stampMark)]) != stampMark {
		return 0, false
	}
	if crc32.ChecksumIEEE(b[:stampLen-4]) != binary.BigEndian.Uint32(b[stampLen-4:]) {
		return 0, false
	}
	return eventlog.Position(binary.BigEndian.Uint64(b[len(stampMark):])), true
}

// newestStamp finds the highest position stamped in the newest logs. Older ones are refused by Pebble when they are
// damaged, or wait to be used again.
func newestStamp(fs vfs.FS, dir string) (eventlog.Position, error) {
	logs, err := newestLogs(fs, dir)
	if err != nil {
		return 0, err
	}
	var newest eventlog.Position
	for _, name := range logs {
		f, err := fs.Open(fs.PathJoin(dir, name))
		if err != nil {
			return 0, fmt.Errorf("can't be read: %w", err)
		}
		at, err := highestStamp(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, fmt.Errorf("can't be read: %s: %w", name, err)
		}
		newest = max(newest, at)
	}
	return newest, nil
}

// newestLogs are the names of the two newest logs, as the newest may not have been begun.
func newestLogs(fs vfs.FS, dir string) ([]string, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("can't be read: %w", err)
	}
	logs := slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".log") })
	slices.SortFunc(logs, func(a, b string) int { // by number, which is padded but may outgrow its padding
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return logs[max(0, len(logs)-2):], nil
}

func highestStamp(r io.Reader) (eventlog.Position, error) {
	var highest eventlog.Position
	buf, kept := make([]byte, 1<<20), 0
	for {
		n, err := r.Read(buf[kept:])
		data := buf[:kept+n]
		for {
			i := bytes.Index(data, []byte(stampMark))
			if i < 0 || len(data)-i < stampLen {
				break
			}
			if at, ok := parseStamp(data[i:]); ok {
				highest = max(highest, at)
			}
			data = data[i+len(stampMark):]
		}
		kept = copy(buf, data[max(0, len(data)-stampLen+1):]) // a stamp may go on in what is read next
		if errors.Is(err, io.EOF) {
			return highest, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
