package systemd

import (
	"context"
	"errors"
	"net"
	"slices"

	"github.com/gracefulfx/graceful/app"
)

// ListenAll implements app.ManySockets: the server gets all sockets with its name,
// whatever addresses they have. If there is a single address, a socket stands in
// for it, as with Listen: the socket unit decides. Of several addresses, each
// without a socket is opened. Sockets that match no address come last.
func (s *Inherited) ListenAll(ctx context.Context, name string, at []app.Endpoint) ([]net.Listener, error) {
	all := make([]net.Listener, len(at))
	named := s.named(name)
	for _, better := range []func(*descriptor, app.Endpoint) bool{
		func(d *descriptor, e app.Endpoint) bool { return d.listener.Addr().String() == e.Address },
		func(d *descriptor, e app.Endpoint) bool { return serves(ctx, d.listener.Addr(), e.Network, e.Address) },
		func(*descriptor, app.Endpoint) bool { return len(at) == 1 },
	} {
		for i, e := range at {
			j := slices.IndexFunc(named, func(d *descriptor) bool { return better(d, e) })
			if all[i] == nil && j >= 0 {
				all[i] = s.use(name, named[j], e.Address)
				named = slices.Delete(named, j, j+1)
			}
		}
	}
	for i, e := range at {
		var err error
		if all[i] != nil {
			continue
		}
		if all[i], err = s.Listen(ctx, name, e.Network, e.Address); err != nil {
			return nil, errors.Join(err, closeAll(all), closeNamed(named))
		}
	}
	for _, d := range named {
		all = append(all, s.use(name, d, ""))
	}
	return all, nil
}

// SharedListener implements app.ManySockets: the manager holds what it has passed,
// for the next process.
func (s *Inherited) SharedListener(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed[ln]
}

// named removes the listening sockets of that name from the list and returns them.
func (s *Inherited) named(name string) (found []*descriptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fds = slices.DeleteFunc(s.fds, func(d *descriptor) bool {
		if d.name != name || d.listener == nil {
			return false
		}
		found = append(found, d)
		s.taken[name] = true
		return true
	})
	return found
}

func closeAll(all []net.Listener) error {
	var errs []error
	for _, ln := range all {
		if ln != nil {
			errs = append(errs, ln.Close())
		}
	}
	return errors.Join(errs...)
}

func closeNamed(all []*descriptor) error {
	var errs []error
	for _, d := range all {
		errs = append(errs, d.closer().Close())
	}
	return errors.Join(errs...)
}
