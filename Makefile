.PHONY: run test race check bench

run: ## start the example
	go run ./examples/todo

test: ## every test, as the README says
	go test work

race: ## every test with the race detector
	go test -race work

bench: ## this framework beside its rivals, about 25 minutes; writes docs/bench
	cd bench && go run .

check: ## everything a change must pass
	.ci/run
