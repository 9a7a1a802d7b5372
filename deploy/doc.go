// Package deploy has the tests of the files beside it: what they say to an
// image builder, to Kubernetes or to systemd must fit what the program does.
package deploy
