// Package supervisor is a process that keeps its id while generations of a program
// come and go below it: for places that follow one process id and know no other,
// such as process 1 of a container, supervisord, runit and foreman.
//
// It starts the program that it is itself as its child, passes signals to the
// generation in charge, and reaps. Successors are its children as well
// (CLONE_PARENT, as under systemd), and what is orphaned below it comes to it
// (PR_SET_CHILD_SUBREAPER(2const)). It ends when the last generation has ended,
// with that one's exit code. When it dies first, by SIGKILL, the kernel sends
// SIGTERM to every generation (PR_SET_PDEATHSIG(2const)).
//
// It holds no descriptor of the program but the standard files, reads no
// configuration, and is on the way of no request. A pipe leads from the generations
// to it, on which each says that it has begun and that it is in charge.
package supervisor
