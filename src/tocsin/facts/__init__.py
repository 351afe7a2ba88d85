"""Facts: the vocabulary of what happens on a credit account. Frozen kinds, one Arrow schema, codecs."""
