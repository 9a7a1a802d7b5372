package signals

import "os"

// A worker runs the action of one row. Signals that come while it runs lead to one
// more run together.
type worker struct {
	wake    chan struct{} // holds one: the run that waits answers later signals too
	gone    chan struct{} // closed when its last run has ended
	stopped bool          // wake is closed; belongs to the trap's goroutine
}

// startWorker starts a worker for the row, if it needs one. The worker begins when
// the last one of that signal has ended, so that no action runs beside itself.
// startWorker runs on the trap's goroutine, or before d is attached.
func (d *dispatcher) startWorker(row Row) {
	if row.Action == Ignore || row.Action == Default || stops(row.Action) {
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

// stopWorker ends the worker of a signal after the run that waits, if any.
func (d *dispatcher) stopWorker(sig os.Signal) {
	if w := d.workers[sig]; w != nil && !w.stopped {
		w.stopped = true
		close(w.wake)
	}
}

func (d *dispatcher) serve(row Row, wake <-chan struct{}) {
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

// setTable replaces the table from the next signal on. Actions that run or wait to
// run are not affected. The tables may differ in actions only, and not in those
// that stop. setTable runs on the trap's goroutine.
func (d *dispatcher) setTable(table Table) {
	for _, old := range d.table {
		if i := table.find(old.Signal); i < 0 || table[i].Action != old.Action {
			d.stopWorker(old.Signal)
		}
	}
	for _, row := range table {
		if i := d.table.find(row.Signal); i < 0 || d.table[i].Action != row.Action {
			d.startWorker(row)
		}
	}
	d.table = table
}
