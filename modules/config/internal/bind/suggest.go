package bind

import "strings"

// Nearest returns the candidate that is most similar to word, or "".
func Nearest(word string, candidates []string) string {
	best, at := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if d := distance(fold(word), fold(c)); d < at {
			best, at = c, d
		}
	}
	return best
}

// DidYouMean returns the hint that names what was probably meant, or "" if word is
// empty.
func DidYouMean(name string) string {
	if name == "" {
		return ""
	}
	return `did you mean "` + name + `"?`
}

// fold makes readTimeout, read-timeout and read_timeout look alike.
func fold(s string) string { return separators.Replace(strings.ToLower(s)) }

var separators = strings.NewReplacer("-", "", "_", "", ".", "")

// distance counts the edits from a to b. Two swapped neighbours are one edit,
// because that is the most common typing error ("timeuot").
func distance(a, b string) int {
	if len(a)-len(b) > 8 || len(b)-len(a) > 8 || len(a) > 64 {
		return 99 // too different, and quadratic to compute
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
