"""A simulated card issuer, for the demo, for load tests and for policies that want labelled frauds.

Customers live their days and the bank posts what they do, bills it, is paid or not, chases and learns of
frauds. Read in this order, each importing only what comes before it: `draws`, `world`, `rows`, `days`,
`places`, `people`, `town`, `habits`, `scene`, `frauds`, `honest`, `stories` (the lives); `ledger`,
`billing`, `review`, `dunning`, `posting`, `aftermath` (the issuer); `table`, `bank` (the run).
"""

from tocsin.replay.bank.bank import Bank, simulate

__all__ = ["Bank", "simulate"]
