module github.com/gracefulfx/graceful/examples/todo

go 1.26.0

replace github.com/gracefulfx/graceful => ../..
