// Command grace does not compile on Windows.
package main

func main() {}
