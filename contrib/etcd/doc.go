// Package etcd reads the configuration of a fleet from etcd and follows its
// changes.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		etcd.Module(etcd.Options{}), // TODO_ETCD_ENDPOINTS=http://10.0.0.1:2379
//	)
//
// One key holds one document, by default /todo/config.yaml; its extension is the
// format. It goes through the same transaction as a file: it is read, validated,
// prepared and committed, or all of the last good one stays. Files, environment and
// flags of an instance override it.
//
// [Module] and its [Options] are all that a configuration needs; with [Staged], a
// few instances try a new document before the others. [LeaderTask] runs a task in
// one instance, and [Fence] protects what it writes.
//
// # When etcd is away
//
// A document that has come into force is kept on disk. A start waits for etcd for
// Options.StartTimeout and then uses that one; it does the same when the document
// in etcd is invalid or gone. A running service is not affected: it keeps its
// configuration, logs once that etcd is away, and catches up when etcd is back,
// even if etcd has compacted the changes in between.
//
// The certificates are those of Options.Client.TLS. With GetClientCertificate,
// which reads them anew for each handshake, they can be rotated while the service
// runs; so can those of etcd. A certificate that is not accepted has the same
// effect as an etcd that is away. A watch that has lost its connection is silent,
// so config_remote_up becomes 0 at the next reading, after Options.Resync at most.
//
// # The first start
//
// The first start needs the document: a missing key is an error, which names
// similar keys, unless Options.Optional is set. A login that etcd refuses is tried
// again, with the same pauses as any other failure, and config_remote_up is 0
// meanwhile.
//
// # Documents in stages
//
// With TODO_ETCD_STAGES="1, 10%, 50%", or Options.Staged, a new document comes to
// one instance first, then to a tenth of them, to half, and to all. A hash of their
// names and the document decides which ones, so it is not always the same instances
// that try. The next stage opens when every member of the one before has had the
// document in force, and has been ready, for TODO_ETCD_SOAK (30s). If an instance
// rejects it, turns red with it (three readings of its readiness in a row), or is
// not ready with it within TODO_ETCD_STAGE_TIMEOUT (5m), the document has failed,
// and all go back to the last good one, by themselves and at once. It is not tried
// again; writing another document, or the same one again, begins a new rollout. A
// document that is written in the middle of a rollout replaces the previous one,
// from the first stage.
//
//	$ todo fleet status
//	document 7041 is tried: stage 2 of 4 (10%); 1 of 20 instances have it; 6980 is good
//	INSTANCE  HOST  PID   GENERATION  DOCUMENT  STATE
//	web-1     vm1   4711  1           6980      ready
//	web-2*    vm2   4711  3           7041      ready
//	...
//
// Members of admin.readers may ask for it. There is no controller. The agreed state
// is in etcd below KEY.fleet/ (state, good, instances/NAME); every instance decides
// the next step from it, and a compare-and-swap picks one. So no instance is
// indispensable, and a lost one holds up nothing for longer than the timeout: one
// that vanishes with the new document counts as its victim, one that stops in order
// does not count. No step forward is taken while a rejection is in etcd. A start,
// and the successor in an upgrade, begin with the document that the stage gives
// them.
//
// The name of an instance (TODO_ETCD_INSTANCE) is that of its host, which in
// Kubernetes is the pod. Of two with the same name the later one gets documents
// only when they are good, and logs that. Instances without stages take every
// document at once, and nothing waits for them. The role in etcd must permit
// reading and writing everything with the prefix KEY.
//
// # A task that runs in one process of the fleet
//
//	etcd.LeaderTask("report", func(ctx context.Context) error { ... })
//
// The instances elect one of them below /todo/leaders/report, by the elections of
// etcd's package concurrency. The context of the task ends before another instance
// begins: when etcd cannot be reached, when the process was paused for longer than
// Options.Lease, or when the key is gone. A stop resigns at once; in an upgrade the
// new process continues with the lease and the key of the old one. FencingToken and
// Fence are for writes that two processes must never both make; package
// modules/leader has the whole contract. If a person deletes the key, another
// instance leads at once, up to a seventh of Options.Lease before the old leader
// notices; Fence notices at once.
//
// # Metrics
//
//	config_remote_up
//	    1 if etcd answered the last time
//	config_remote_revision
//	    of the document in etcd, as far as known
//	config_remote_applied_revision
//	    of the document in force
//	config_remote_last_contact_timestamp_seconds
//	config_remote_stage, config_remote_halted, config_remote_instances
//	    of a rollout in stages: 0 if there is none; 1 if the document has failed
//	leader{task}, leader_token{task}, leader_terms_total{task}
//	    whether this process leads, its fencing token, how often it became the leader
//	config_info{hash}
//	    from the configuration itself: the same in all of a fleet, or it is mixed
//
// # What is not promised
//
// Instances follow within moments of one another, not at the same instant. A stage
// counts the instances that report when it opens. An instance that loses etcd keeps
// its document, even one that fails meanwhile. Settings that wait for a restart are
// not part of the judgement. Every report goes to every instance: stages are for
// hundreds of them, not for tens of thousands. The file on disk holds the document
// as it is, with mode 0600: secrets in it are as safe as its directory.
//
// # If you see
//
//   - "no election can be held: the task waits": etcd cannot be reached, or has
//     itself no leader; the task runs at most where it ran before, for two thirds
//     of Options.Lease at most.
//   - "no answer from etcd ... and there is no last good document": the first start
//     of an instance needs etcd, or Options.Optional.
//   - "etcd at ... has no key /todo/config.yaml, but /todo/config.yml": a mistyped
//     key.
//   - "the last good document is not kept": there is no directory for it, because
//     the environment has neither STATE_DIRECTORY nor HOME.
//   - "the document in etcd is wrong": /readyz is green, the instance runs with the
//     last good one, and config_last_reload_successful is 0.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#a-fleet
package etcd
