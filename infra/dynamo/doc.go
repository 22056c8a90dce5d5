// Package dynamo keeps the event log, its data keys and the read models in three DynamoDB tables. It implements
// eventlog.Store, eventlog.Scanner and eventlog.Keys, and projections.Views (views.go); what was just appended is pushed by
// DynamoDB Streams, so there is no Feed.
//
// # An item
//
// What one stream gets in one Append is one item, so that a command's events are written whole for the price of one
// write, without a transaction: a write unit per KB, where a transaction costs twice that and items of an event each
// would be rounded up to a KB each.
//
//	p  S  partition key: service/root. A root and all its leaves are one Query.
//	s  S  sort key: leaf, "#", the first record's version as its number of digits ("a" for one) and the digits.
//	      "svc_1/msg_2@1" is "#a1", "svc_1/msg_2/ep_3@12" is "ep_3#b12". "#" sorts before all that a leaf's name may
//	      have, so the root's own stream comes first, then leaf by leaf, each in the order of versions.
//	r  B  the records: a byte for the format (1), then for each its hash (32 bytes), the length of its data as uvarint,
//	      and the data.
//
// Names and keys are short because they are paid for with every item: everything but the data is about 130 bytes for
// one record. There is no index on the table.
//
// # Who decides a conflict
//
// The put has the condition that its key does not exist. Two writers that both expect the version v put the same key
// (v+1), however many records each has, so one of them fails. That holds only if v was the stream's head at some time,
// which is the end of an item: a put behind a gap, or into the middle of another write, would meet no key. The port asks
// its callers for versions that they have read, and the store makes sure: it remembers the ends of items that it has
// read or written (they never change), and looks for the item that ends at v if it does not know it. A writer that
// loaded the stream a moment ago costs nothing more. Readers check that versions follow on each other, and call a stream
// where they do not damaged.
//
// What failed because its key is there may be a repeat of itself, sent again after an answer that got lost. The failed
// condition brings the item that is there (at no cost), and equal hashes make it a success.
//
// # Why three tables
//
// Data keys lie in a table of their own, so that a scan of the log, its stream and its backups hold none, and erasing a
// key erases it from everything that can be restored along with the log. Read models can be made anew: their table has no
// stream and needs no backup.
package dynamo
