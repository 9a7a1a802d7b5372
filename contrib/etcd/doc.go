// Package etcd reads the configuration of a fleet from etcd and follows it.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		etcd.Module(etcd.Options{}), // TODO_ETCD_ENDPOINTS=http://10.0.0.1:2379
//	)
//
// One key holds one document, by default /todo/config.yaml; its extension is the
// format. It goes through the same transaction as a file does: read, validated,
// prepared, committed, or the last good one stays, whole. Files, environment and
// flags of an instance override it.
//
// # When etcd is away
//
// A document that has come into force is kept on disk. A start waits for etcd for
// Options.StartTimeout and then goes on with that one; so it does when the document
// in etcd is wrong, or gone. A service that runs is not concerned: it keeps what it
// has, says once that etcd is away, and catches up when it is back, whether or not
// etcd has compacted what happened meanwhile.
//
// # The first start
//
// It needs the document: a key that is absent is an error, which names the keys
// beside it, unless Options.Optional. A login that etcd refuses is tried again with
// the pauses of every other failure, and config_remote_up is 0 meanwhile.
//
// # What can be seen
//
//	config_remote_up
//	    1 if etcd answered the last time
//	config_remote_revision
//	    of the document in etcd, as far as known
//	config_remote_applied_revision
//	    of the document in force
//	config_remote_last_contact_timestamp_seconds
//	config_info{hash}
//	    from the configuration itself: the same in all of a fleet, or it is mixed
//
// # What is not promised
//
// Instances follow within moments of one another, not at the same instant. The file
// on disk holds the document as it is, with mode 0600: secrets in it are as safe as
// its directory.
//
// # If you see
//
//   - "no answer from etcd ... and there is no last good document": the first start
//     of an instance needs etcd, or Options.Optional.
//   - "etcd at ... has no key /todo/config.yaml, but /todo/config.yml": a mistyped
//     key.
//   - "the last good document is not kept": there is no directory for it, because
//     the environment has neither STATE_DIRECTORY nor HOME.
//   - "the document in etcd is wrong": /readyz is green, the instance runs with the
//     last good one, and config_last_reload_successful is 0.
package etcd
