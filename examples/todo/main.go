package main
func main() { _,_,_,_ = sections, newStore, newHandler, chores }
