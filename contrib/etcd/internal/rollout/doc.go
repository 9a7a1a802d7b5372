// Package rollout decides how far a new document has come in a fleet, and whether
// it goes on. It does no I/O: what stands in etcd goes in, what should stand there
// comes out. Every instance decides, and a compare-and-swap picks one of them.
//
//	steady ──new document──► rolling ──last stage has passed──► steady, new good
//	   ▲                        │ ▲
//	   │                        │ └─ another document: from the first stage
//	   │                        ▼
//	   └─the good one again── halted ──another document──► rolling
//
//	state    what is seen                                     next
//	(none)   an instance is ready with the document           steady, the document is good
//	steady   another document                                 rolling, stage 1
//	steady   another document with the text of the good one   steady
//	rolling  another document                                 as in steady
//	rolling  the document is deleted                          halted
//	rolling  an instance has rejected it, or turned red       halted
//	rolling  a member has not got it for Plan.Timeout         halted
//	rolling  all members are ready with it for Plan.Soak      next stage; after the last: steady, it is good
//	rolling  all members have left                            the stage, with others
//	halted   another document                                 as in steady
//
// The members of a stage are chosen among the instances that report when it opens,
// by a hash of name and revision; they stay members in later stages. A member runs
// the new document, all others the good one: at most two are in force in a fleet.
// A member that leaves in order is none any more. One that vanishes is awaited, for
// Plan.Timeout: a document that kills its readers must not spread.
//
// No clock is compared with another: how long something has been so is what the
// instance that decides has seen itself, without interruption. So a deadline is
// late by what a restart of etcd takes, and never early.
package rollout
