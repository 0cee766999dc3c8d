module my-go/parked

go 1.27
