package signals

import "os"

// A worker runs the action of one row, once for any number of signals that
// came while it was running.
type worker struct {
	wake    chan struct{} // holds one: the run that waits will see all that later signals announce
	gone    chan struct{} // closed when it runs nothing any more
	retired bool          // wake is closed; belongs to the trap's goroutine
}

// hire makes a worker for the row, if it needs one. It begins when the last
// one of that signal has ended, so that no action runs beside itself. It runs
// on the trap's goroutine, or before that one knows d.
func (d *desk) hire(row Row) {
	if row.Action == Ignore || stops(row.Action) {
		return
	}
	last := d.workers[row.Signal]
	w := &worker{wake: make(chan struct{}, 1), gone: make(chan struct{})}
	d.workers[row.Signal] = w
	d.work.Go(func() {
		defer close(w.gone)
		if last != nil {
			<-last.gone
		}
		d.serve(row, w.wake)
	})
}

// retire ends the worker of a signal after the runs it was woken for.
func (d *desk) retire(sig os.Signal) {
	if w := d.workers[sig]; w != nil && !w.retired {
		w.retired = true
		close(w.wake)
	}
}

func (d *desk) serve(row Row, wake <-chan struct{}) {
	for {
		select {
		case _, more := <-wake:
			if !more {
				return
			}
			d.run(row)
		case <-d.ctx.Done():
			return
		}
	}
}

// use makes d deal with signals by another table, from the next one on. What
// is running or waiting to run stays what it was. Only the actions may differ,
// and not those that stop. It runs on the trap's goroutine.
func (d *desk) use(table Table) {
	for _, old := range d.table {
		if i := table.find(old.Signal); i < 0 || table[i].Action != old.Action {
			d.retire(old.Signal)
		}
	}
	for _, row := range table {
		if i := d.table.find(row.Signal); i < 0 || d.table[i].Action != row.Action {
			d.hire(row)
		}
	}
	d.table = table
}
