"""The desk: what a person or a program asks of Tocsin. `operations` change or make something, `queries` only read."""
