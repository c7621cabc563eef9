module restow.dev/shim

go 1.26
