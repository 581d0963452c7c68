module tutorial

go 1.26
