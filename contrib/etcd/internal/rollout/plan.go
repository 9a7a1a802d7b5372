package rollout

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Plan says in which steps a document comes to a fleet.
type Plan struct {
	Stages  []Stage       `json:"stages"`
	Soak    time.Duration `json:"soak_ns"`    // for how long a stage must be ready
	Timeout time.Duration `json:"timeout_ns"` // after which a member that is not ready has failed
}

// A Stage says how much of a fleet has a document: a number of instances, or a
// percentage, rounded up.
type Stage struct {
	N       int
	Percent bool
}

func (s Stage) String() string {
	if s.Percent {
		return strconv.Itoa(s.N) + "%"
	}
	return strconv.Itoa(s.N)
}

// MarshalText writes "2" or "10%".
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "2" or "10%".
func (s *Stage) UnmarshalText(text []byte) error {
	digits, percent := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return fmt.Errorf("%q is neither a number of instances, such as 1, nor a share, such as 10%%", text)
	case n < 1:
		return fmt.Errorf("%s is no instance: begin with 1 or more", text)
	case percent && n > 100:
		return fmt.Errorf("%s is more than all", text)
	}
	*s = Stage{n, percent}
	return nil
}

// ParseStages reads "1, 10%, 50%": numbers of instances first, then shares, each
// more than the one before. The last stage is always 100%, which may be left out.
func ParseStages(text string) (stages []Stage, err error) {
	for part := range strings.SplitSeq(text, ",") {
		var s Stage
		if err := s.UnmarshalText([]byte(strings.TrimSpace(part))); err != nil {
			return nil, err
		}
		if n := len(stages); n > 0 {
			last := stages[n-1]
			switch {
			case last.Percent && !s.Percent:
				return nil, fmt.Errorf("%v stands after %v: write numbers of instances before shares", s, last)
			case last.Percent == s.Percent && s.N <= last.N:
				return nil, fmt.Errorf("%v stands after %v: each stage must be more than the one before", s, last)
			}
		}
		stages = append(stages, s)
	}
	if all := (Stage{100, true}); stages[len(stages)-1] != all {
		stages = append(stages, all)
	}
	return stages, nil
}

// of returns the number of instances in a stage, of a total.
func (s Stage) of(all int) int {
	if s.Percent {
		return (all*s.N + 99) / 100
	}
	return min(s.N, all)
}

// members returns those that have the document in a stage, by name: those before,
// and of the others that report the first by rank.
func (p Plan) members(stage int, revision int64, before []string, reports map[string]Report) []string {
	all := slices.Clone(before)
	others := slices.DeleteFunc(slices.Collect(maps.Keys(reports)), func(name string) bool { return slices.Contains(before, name) })
	slices.SortFunc(others, func(x, y string) int {
		return cmp.Or(cmp.Compare(rank(x, revision), rank(y, revision)), cmp.Compare(x, y))
	})
	if most := p.Stages[stage].of(len(before) + len(others)); most > len(all) {
		all = append(all, others[:most-len(all)]...)
	}
	slices.Sort(all)
	return all
}

// rank differs from document to document, so that it is not always the same
// instances that try a new one.
func rank(name string, revision int64) uint64 {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(name), uint64(revision)))
	return binary.BigEndian.Uint64(sum[:])
}
