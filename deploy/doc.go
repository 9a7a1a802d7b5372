// Package deploy holds the tests of the files beside it: what they say to an image
// builder, Kubernetes or systemd must agree with what the program does.
package deploy
