package config

// Remote is one document that is not a file of this machine. It goes through
// the same transaction as the files, and these override it.
//
// An implementation notices changes and then requests [app.Reload]. During one
// load Read is called once; between two loads a Watcher calls it now and then.
type Remote interface {
	// Name stands where a path would, in reports and messages, and its
	// extension names the format: "etcd:/todo/config.yaml". It never changes.
	Name() string
	// Read returns the document to use now. It does not wait for the network.
	// An error that is fs.ErrNotExist means that there is none: no problem as
	// long as there was none before.
	Read() ([]byte, error)
}
