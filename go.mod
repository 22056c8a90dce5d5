module webplug

go 1.26.0
