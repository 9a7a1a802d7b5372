// Command endless does not compile on Windows.
package main

func main() {}
