// Package leader runs a task in one process of a fleet: the leader. An [Elector]
// decides which process leads; contrib/etcd and contrib/kubernetes have one each,
// and a LeaderTask with it, which applications use.
//
// A task needs [Token], its fencing token, and [ErrLost]. [Go] runs a task with an
// elector; [Alone] is the elector of a fleet of one. Authors of electors implement
// [Elector] and [Leadership] with a [Term], and test them with package leadertest.
//
// # The life of a leader
//
//	campaign ──▶ lead: the task runs with a Term ──▶ resign
//	    ▲                    │
//	    └────────────────────┘ the term is over, or cannot be renewed
//
// An elector holds a lease in a store, and renews it. The store gives the lease to
// another process only when it has not been renewed for its whole time, counted
// from the moment when the store took the last renewal. A Term is over earlier:
// two thirds of that time after the moment when the last renewal that succeeded
// was sent. So
//
//   - the task's context ends before another process begins, whatever happens to
//     the network, to the store or to this process;
//   - the task has a third of the lease to return.
//
// # A process that was paused
//
// After SIGSTOP, in a container that was frozen, in a virtual machine that was
// moved: timers are late. Err and Done of the task's context, and Token, read the
// clock at every call, and so see at once that the term is over. A context derived
// from it, and a select that already waits, see it moments later, when the runtime
// has run the timer. The term ends by the monotonic clock or the wall clock,
// whichever has gone further: the first stands still in a machine that sleeps. A
// wall clock that is set forward ends a term early.
//
// # What is not promised
//
// No check of a clock holds for the instruction after it: a process may be paused
// between the check and the write. Data that two processes must never both write
// needs a fence where it is written. Token is that fence: it grows from term to
// term, so the store of the data keeps the highest token it has seen and refuses a
// write with a lower one. contrib/etcd can make it a condition of a transaction.
//
// A task that does not return when its context ends goes on beside the next
// leader; a warning names it. Clocks need not agree, but they must run equally
// fast: a clock that is a third slower than another breaks the promise.
//
// # Upgrade and stop
//
// In a stop the task's context ends, the lease is renewed until the task has
// returned, and then the process resigns: another one leads at once. In an upgrade
// the old process goes on leading until its own phase Tasks. Then it hands its
// lease to the successor, which begins as soon as the old task has returned; there
// is no election, and no other process leads in between. If that fails, the process
// resigns, and the fleet elects.
//
// The page for applications:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#a-fleet
package leader
