"""The record beside its peers: one generator, one month, stored by each in its own way."""
