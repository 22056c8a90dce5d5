package main

import (
	"fmt"
	"os"
)

// committer writes bodies to one file and syncs it, for all who wait at once and without waiting for more: the same
// group commit that WebPlug's log has.
type committer struct {
	file  syncer
	queue chan *entry
}

// syncer is a file that can be made durable.
type syncer interface {
	Write([]byte) (int, error)
	Sync() error
}

// entry is a body on its way to the file.
type entry struct {
	body []byte
	done chan error // takes one answer
}

// groupEntries bounds one commit.
const groupEntries = 1024

func newCommitter(file syncer) *committer {
	return &committer{file: file, queue: make(chan *entry, groupEntries)}
}

// commit returns when the body is durable.
func (c *committer) commit(body []byte) error {
	e := &entry{body: body, done: make(chan error, 1)}
	c.queue <- e
	return <-e.done
}

// run commits group after group until the queue is closed.
func (c *committer) run() {
	var group []*entry
	var bytes []byte
	for first := range c.queue {
		group, bytes = append(group[:0], first), bytes[:0]
		group = c.more(group)
		for _, e := range group {
			bytes = append(append(bytes, e.body...), '\n')
		}
		err := c.write(bytes)
		for i, e := range group {
			e.done <- err
			group[i] = nil
		}
	}
}

// more takes what waits already.
func (c *committer) more(group []*entry) []*entry {
	for len(group) < groupEntries {
		select {
		case e, open := <-c.queue:
			if !open {
				return group
			}
			group = append(group, e)
		default:
			return group
		}
	}
	return group
}

func (c *committer) write(bytes []byte) error {
	if _, err := c.file.Write(bytes); err != nil {
		return fmt.Errorf("write a group: %w", err)
	}
	if err := c.file.Sync(); err != nil {
		return fmt.Errorf("sync a group: %w", err)
	}
	return nil
}

// dataFile syncs like a database's log does: the bytes and the file's length, not its times.
type dataFile struct{ *os.File }

// Sync makes all that was written durable.
func (f dataFile) Sync() error { return syncData(f.File) }
