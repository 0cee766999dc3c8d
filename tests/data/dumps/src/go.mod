module example.test/dumps

go 1.19
