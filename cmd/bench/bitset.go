package main

import "iter"

// bitset is a set of sequence numbers, eight to a byte.
type bitset []byte

func (b *bitset) add(n int) {
	for len(*b) <= n/8 {
		*b = append(*b, 0)
	}
	(*b)[n/8] |= 1 << (n % 8)
}

func (b bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, bits := range b {
			for j := range 8 {
				if bits&(1<<j) != 0 && !yield(8*i+j) {
					return
				}
			}
		}
	}
}
