// Package kubernetes runs a task in one pod of a Deployment: the one that holds a
// Lease, by client-go's leader election.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		kubernetes.Module(kubernetes.Options{}),
//		kubernetes.LeaderTask("report", func(ctx context.Context) error { ... }),
//	)
//
// Pods elect one of them by the Lease todo-report in their namespace. The context
// of the task ends before another pod begins: when the API server cannot be
// reached, when the process was paused for longer than Options.Lease, or when the
// Lease was deleted or taken. A stop resigns as soon as the task has returned: with
// client-go alone, ReleaseOnCancel would do so while the task still runs. Package
// modules/leader has the whole contract.
//
// In an upgrade within the pod (NAME_UPGRADE_SUPERVISE=true) the new process
// continues with the Lease of the old one, without an election. In a roll of the
// pods the next leader is elected when the old pod has finished its task.
//
// # The fencing token
//
// [FencingToken] is the leaseTransitions of the Lease, and grows from leader to
// leader, also in an upgrade. When a person deletes the Lease, the next leader
// continues from the highest number that its process has seen; only a process that
// has never seen any begins again at 0.
//
// # Permissions
//
//	apiVersion: rbac.authorization.k8s.io/v1
//	kind: Role
//	rules:
//	  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
//	  - apiGroups: [coordination.k8s.io]
//	    resources: [leases]
//	    resourceNames: [todo-report]
//	    verbs: [get, update]
//
// and automountServiceAccountToken must not be false. deploy/kubernetes has all of
// it as a component, and its validate.sh runs the tests of this package with these
// rights against a real API server.
//
// # Metrics
//
//	leader{task}, leader_token{task}, leader_terms_total{task}
//	    whether this process leads, its fencing token, how often it became the leader
//
// # If you see
//
//   - "the Lease cannot be read or written": the error says whether the API server
//     is away or the role is missing. A task that led ends after two thirds of
//     Options.Lease.
//   - "this is no pod": set Options.Config, or Options.Alone on a developer's
//     machine.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#a-fleet
package kubernetes
