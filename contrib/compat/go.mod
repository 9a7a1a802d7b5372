module github.com/gracefulfx/graceful/contrib/compat

go 1.26.0

replace github.com/gracefulfx/graceful => ../..

require github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
