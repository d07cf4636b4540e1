module github.com/ringdown/ringdown/tools/lint

go 1.26
