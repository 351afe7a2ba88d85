"""Position: where a credit account stands, derived from its facts alone.

    history = fold(History(), fact, terms)       # one more fact; a Problem where only a full replay can place it
    history = replayed(facts, terms)             # all facts of an account, in any order
    position = at(history, as_of, terms)         # where it stands at a moment (µs UTC), and when to look again
    position = derived(facts, terms, as_of)      # the last two at once, of the facts known by then

Folding is exact in any order of arrival: incremental is full replay, to the bit. Read `terms`, `standing`
(allocation), `history` (order), `pauses`, `view` (what is said).
"""

from tocsin.credit.position.history import BEYOND, History, fold, replayed
from tocsin.credit.position.terms import Terms
from tocsin.credit.position.view import Position, State, at, derived

__all__ = ["BEYOND", "History", "Position", "State", "Terms", "at", "derived", "fold", "replayed"]
