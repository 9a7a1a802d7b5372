// Package compat holds the code that README.md, docs/migrating.md and
// docs/recipes.md show: it is compiled, run where it can be, and compared with the
// pages, so that neither can be wrong without a test that says so. What programs
// were like before is in the package before. What is between
// "// snippet: name" and "// end" stands on a page after <!-- snippet: name -->.
package compat
