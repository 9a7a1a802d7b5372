// Package supervisor is a process that keeps its id while generations of a program
// come and go below it. It is for places that follow a single process id: process 1
// of a container, supervisord, runit and foreman.
//
// It starts its own program as its child, passes signals to the generation in
// charge, and reaps. Successors are its children as well (CLONE_PARENT, as under
// systemd), and so are orphans below it (PR_SET_CHILD_SUBREAPER(2const)). It ends
// when the last generation has ended, with the exit code of that one. If it dies
// first, by SIGKILL, the kernel sends SIGTERM to every generation
// (PR_SET_PDEATHSIG(2const)).
//
// Of the program's descriptors it holds only the standard files. It reads no
// configuration, and no request passes through it. A pipe leads from the
// generations to it, on which each reports that it has begun and that it is in
// charge.
package supervisor
