// Package leadertest tests what every leader.Elector must hold. The candidates are
// processes, which are stopped, killed, paused, cut off from their store and
// upgraded; the store is the one that the elector is for, or a double of it.
//
//	func TestMain(m *testing.M) {
//		if leadertest.Candidate(func(task app.TaskFunc, lease time.Duration) {
//			graceful.Run(graceful.Name("todo"), etcd.Module(etcd.Options{Lease: lease}), etcd.LeaderTask("report", task))
//		}) {
//			return
//		}
//		os.Exit(m.Run())
//	}
//
//	func TestElections(t *testing.T) {
//		leadertest.Run(t, leadertest.Contract{
//			NewStore: func(t *testing.T) leadertest.Store { return newStore(t) },
//			Shortest: 2 * time.Second,
//		})
//	}
//
// A Ballot is for tests that only one elector has. Where there are no signals, as
// on Windows, the tests are skipped.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#a-fleet
package leadertest
