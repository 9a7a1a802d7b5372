// Package deploy has the tests of the files beside it: what they tell an image
// builder, Kubernetes or systemd must agree with what the program does.
package deploy
