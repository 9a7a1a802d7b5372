.PHONY: run test race check

run: ## start the example
	go run ./examples/todo

test: ## every test, as the README says
	go test work

race: ## every test with the race detector
	go test -race work

check: ## everything a change must pass
	.ci/run
