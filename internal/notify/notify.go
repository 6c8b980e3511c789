// Package notify says notices to channels, each once.
//
// A flow writes its notices to the ledger before anything is sent, and
// [Delivery] brings them out: claim the record, mark it sending, send once,
// record the receipt. After an unknown outcome the record stays marked; after
// a delay the channel is asked whether the notice is there, and only if not
// is it sent again. A crash at any point therefore repeats a question, not a
// message. Each notice belongs to one channel, so a broken channel holds up
// nobody else.
//
// What belongs to a page waits for it, and its edits never overtake each
// other. What a channel asks for (not now, not so fast, not this one any
// more) holds for all processes: it is kept in the ledger beside the notices.
// A place that takes nothing at all is told elsewhere, once.
package notify
