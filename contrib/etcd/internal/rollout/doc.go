// Package rollout decides how far a new document gets in a fleet. It does no I/O:
// its input is the content of etcd, its output is what etcd should contain next.
// Every instance decides, and a compare-and-swap picks one of them.
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
// An instance that leaves in order is no longer a member. One that vanishes is
// awaited, for Plan.Timeout: a document that kills its readers must not spread.
//
// Clocks are not compared: the instance that decides counts only the time that it
// has seen itself, without interruption. So a deadline may be late by the duration
// of a restart of etcd, but never early.
package rollout
