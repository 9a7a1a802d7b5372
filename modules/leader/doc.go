// Package leader runs a task in one process of a fleet: the one that leads. How a
// process becomes the leader is an Elector's business; contrib/etcd and
// contrib/kubernetes have one each, and applications use those.
//
// # The life of a leader
//
//	campaign ──▶ lead: the task runs with a Term ──▶ resign
//	    ▲                    │
//	    └────────────────────┘ the term is over, or nothing is renewed any more
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
// SIGSTOP, a frozen container, a virtual machine that was moved: when it runs
// again, timers are late. Err and Done of the task's context, and Token, look at
// the clock at every call, and thus see at once that the term is over. A context
// derived from it, and a select that waits already, see it when the runtime has
// run the timer: moments later. The clock is the monotonic one and that of the
// wall, whichever has gone further: the first stands still in a machine that
// sleeps. A wall clock that is set forward ends a term early.
//
// # What is not promised
//
// No check of a clock holds for the instruction after it: a process may be paused
// between the check and the write. What must never be written by two needs a
// fence where it is written. Token is for that: it grows from term to term, so
// the place that is written to keeps the highest one it has seen and refuses what
// comes with a lower one. contrib/etcd can make it a condition of a transaction.
//
// A task that does not return when its context ends goes on beside the next
// leader; a warning names it. Clocks need not agree, but they must run equally
// fast: one that is slower than another by a third breaks the promise.
//
// # Upgrade and stop
//
// In a stop the task's context ends, the lease is renewed until the task has
// returned, and then the process resigns: another one leads at once. In an upgrade
// the old process goes on leading until its own phase Tasks. Then it hands its
// lease to the successor, which begins as soon as the old task has returned; there
// is no election, and nobody else comes between. If that fails, the process
// resigns, and the fleet elects.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#a-fleet
package leader
