package config

import (
	"context"
	"slices"
	"time"
)

// A reload is one transaction, and one at a time:
//
//	read ► parse ► resolve ► validate ► diff ► prepare ► publish ► commit ► report
//	  └──────┴────────┴─────────┴────────┘        │
//	              rejected                     vetoed: all prepared are rolled back
//
// Before publish nothing is visible from outside, and after it nothing can fail.

// DryRun does what Reload does, except that subscribers are not asked to prepare.
// It changes nothing and is not recorded.
func (st *Store) DryRun(ctx context.Context, by string) Report {
	begin, now := time.Now(), st.Snapshot()
	c := st.catalog.load(st.inputs(ctx), now.files)
	r := st.report(by, begin, c)
	if ctx.Err() != nil {
		r = st.refused(ctx, by)
	}
	if r.DryRun = true; r.Result == Refused {
		return r
	}
	st.compare(&r, now, c)
	return r
}

// transact runs the transaction.
func (st *Store) transact(ctx context.Context, by string) Report {
	begin, now := time.Now(), st.Snapshot()
	c := st.catalog.load(st.inputs(ctx), now.files)
	r := st.report(by, begin, c)
	if ctx.Err() != nil { // ctx ended while it waited for a file
		refused := st.refused(ctx, by)
		refused.Took = time.Since(begin)
		return refused
	}
	st.mu.Lock()
	st.seen, st.seenSum, st.ahead = c.in, c.sum, nil
	st.mu.Unlock()
	d := st.compare(&r, now, c)
	switch r.Result {
	case Rejected:
		return r
	case Unchanged:
		if c.sum != now.hash { // so that the hash is that of the files
			st.publish(&Snapshot{revision: now.revision}, c)
			r.Hash = c.sum
		}
		return r
	}

	lap := time.Now()
	txs, veto := st.prepare(ctx, now, c, d)
	r.Steps["prepare"] = time.Since(lap)
	if veto != nil {
		r.Result, r.VetoedBy, r.Reason, r.cause = Vetoed, veto.by, veto.err.Error(), veto.err
		r.Problems = st.catalog.sections[veto.section].located(veto.err, c.tree)
		if ctx.Err() != nil {
			r.Result, r.VetoedBy, r.Problems = Refused, "", nil
		}
		r.Took = time.Since(begin)
		return r
	}

	lap = time.Now()
	next := &Snapshot{revision: now.revision + 1}
	st.publish(next, c)
	for _, t := range txs {
		if err := st.commits.run(t); err != nil {
			r.Degraded, r.panics = append(r.Degraded, t.name), append(r.panics, err)
		}
	}
	r.Steps["commit"] = time.Since(lap)
	r.Result, r.Revision, r.Hash, r.Took = Applied, next.revision, next.hash, time.Since(begin)
	return r
}

// compare compares the candidate with the configuration in force, and writes into
// the report what the result is unless a subscriber vetoes.
func (st *Store) compare(r *Report, now *Snapshot, c *candidate) (d diff) {
	if len(c.problems) == 0 || st.catalog.src.Pending == Reject {
		d = st.catalog.diff(now, c)
	}
	if st.catalog.src.Pending == Reject {
		for i, p := range d.pending {
			c.problems = append(c.problems, problemAt(d.written[i], p.Key, "changes only on restart", "it is "+p.Old+" now and would be "+p.New))
		}
		c.sort()
	}
	switch {
	case len(c.problems) > 0:
		r.Result, r.Problems = Rejected, c.problems
		return d
	case len(d.changed) > 0:
		r.Result = Applied
	case len(c.files) == 0:
		r.Result, r.Reason = Unchanged, "no config file; "+st.catalog.src.howToName()
	case c.sum != now.hash:
		r.Result, r.Reason = Unchanged, "the files differ, but no setting that can change now does"
	default:
		r.Result = Unchanged
	}
	r.Changed, r.PendingRestart = d.changed, d.pending
	return d
}

type veto struct {
	by      string
	section int
	err     error
}

// prepare calls every subscriber of a changed section. At the first veto it rolls
// back those that have prepared, in reverse order.
func (st *Store) prepare(ctx context.Context, now *Snapshot, c *candidate, d diff) ([]preparedTx, *veto) {
	st.mu.Lock()
	subs := slices.Clone(st.subs)
	st.mu.Unlock()
	var txs []preparedTx
	for _, s := range subs {
		keys := d.keys[s.index]
		if len(keys) == 0 {
			continue
		}
		tx, err := s.try(ctx, now.values[s.index], c.values[s.index], slices.Clone(keys))
		if err == nil && ctx.Err() != nil {
			err = rollback(tx, s.name, context.Cause(ctx))
		}
		if err != nil {
			for _, t := range slices.Backward(txs) {
				err = rollback(t.tx, t.name, err)
			}
			return nil, &veto{by: s.name, section: s.index, err: err}
		}
		txs = append(txs, preparedTx{name: s.name, tx: tx})
	}
	return txs, nil
}
