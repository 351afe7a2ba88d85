"""Does the log still say what it said? The walk that finds what was changed, removed, moved or added.

Each entry is sealed together with the seal of the one before it (`records.sealed`), so any change
shows. Where it shows, the pieces are tried against each other to say what happened. Whoever rewrites
the whole log and its head leaves no trace in it: keep a copy of `head()` elsewhere to see that too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tocsin.journal.log import Log
from tocsin.journal.records import START, Entry, Head, linked
from tocsin.values.problem import Problem

_MOST = 300
"""So many broken links are tried against each other; further ones are only named."""
_FIRST = -(2**63)
Range = tuple[int, int]


class Finding(NamedTuple):
    """What is wrong with the entries `first` to `last`."""

    kind: str
    """changed | removed | inserted | reordered | cut"""
    first: int
    last: int
    problem: Problem


class _Span(NamedTuple):
    """Entries that stand at `first` to `last` and were written `by` places further on."""

    first: int
    last: int
    by: int


@dataclass
class _Broken:
    """An entry that does not follow from what stands before it."""

    entry: Entry
    before: bytes
    """The chain it should follow from."""
    behind_gap: bool
    true: int | None = None
    """The place at which it was written, once that is known."""


@dataclass
class _Walk:
    by: int
    """How many places further on all entries behind one that was removed or inserted may have been written."""
    gaps: list[Range] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    broken: list[_Broken] = field(default_factory=list)
    rest: list[Range] = field(default_factory=list)
    """Where more entries are broken than are kept."""
    last: int = 0
    chain: bytes = START

    def step(self, entry: Entry) -> None:
        place, expected = entry.seq, self.last + 1
        if place > expected:
            self.gaps.append((expected, place - 1))
        if place < 1:
            self.broken.append(_Broken(entry, START, False))
            return
        if _seal(self.chain, entry, place) != entry.chain:
            if self.by and _seal(self.chain, entry, place + self.by) == entry.chain:
                self._moved(place)
            elif len(self.broken) < _MOST:
                self.broken.append(_Broken(entry, self.chain, place > expected))
            else:
                _extend(self.rest, place)
        self.last, self.chain = place, entry.chain

    def _moved(self, place: int) -> None:
        if self.broken and self.broken[-1].entry.seq == place - 1:
            self.broken[-1].true = place - 1 + self.by  # this one follows from it, so it was written right before
        if self.spans and self.spans[-1].last == place - 1:
            self.spans[-1] = self.spans[-1]._replace(last=place)
        else:
            self.spans.append(_Span(place, place, self.by))

    def solve(self, end: Head) -> None:
        """Find where broken entries were written. An entry that follows from a seal at a place was written behind it.

        Seals cannot be met by chance, so any that may belong to a place are tried.
        """
        for one in self.broken:
            if one.entry.chain == end.chain and one.entry.seq != end.seq:
                one.true = end.seq
        fresh = {(one.before, one.entry.seq - 1) for one in self.broken}
        fresh |= {(one.entry.chain, one.entry.seq if one.true is None else one.true) for one in self.broken}
        fresh |= {(_seal(one.before, one.entry, one.entry.seq), one.entry.seq) for one in self.broken}
        fresh |= {(one.before, gap[0] - 1) for one in self.broken for gap in self.gaps if gap[1] + 1 == one.entry.seq}
        while fresh:
            found = set()
            for one in self.broken:
                for chain, place in fresh if one.true is None else ():
                    if _seal(chain, one.entry, place + 1) == one.entry.chain:
                        one.true = place + 1
                        found.add((one.entry.chain, one.true))
                        break
            fresh = found
        for one in self.broken:
            if one.true is not None and one.true != one.entry.seq:
                self.spans.append(_Span(one.entry.seq, one.entry.seq, one.true - one.entry.seq))


def verify(log: Log, progress: Callable[[int], None] = lambda seq: None) -> Iterator[Finding]:
    """Every entry that was changed, removed, inserted or reordered since it was written, and a tail that was cut off.

    Nothing is found in a log that is whole. A log may grow meanwhile; it is read up to where it stood.
    """
    last, end = log.extent()
    if end is None:
        what = "the note of the last entry was removed; whether entries behind the last one were cut off cannot be told"
        yield Finding("removed", 0, 0, Problem(what, log.where))
        end = Head(last, 0, b"")
    walk = _Walk(end.seq - last)
    chain = end.chain
    for entries in log.entries(_FIRST, max(last, end.seq)):
        for entry in entries:
            walk.step(entry)
            if entry.seq == end.seq:
                chain = entry.chain
        progress(entries[-1].seq)
    walk.solve(end)
    yield from _findings(walk, end, bool(end.chain) and chain != end.chain, log.where)


def _seal(before: bytes, entry: Entry, seq: int) -> bytes:
    return linked(before, seq, *entry[1:-1])


def _findings(walk: _Walk, end: Head, other_end: bool, where: str) -> Iterator[Finding]:
    stand = sorted((span.first, span.last) for span in walk.spans)
    written = sorted((span.first + span.by, span.last + span.by) for span in walk.spans)
    changed: list[Range] = []
    added: list[Range] = []
    unsure: set[int] = set()
    for one in walk.broken:
        place = one.entry.seq
        if one.true is None and (not 1 <= place <= end.seq or _holds(written, place)):
            _extend(added, place)
        elif one.true is None and not one.behind_gap:
            _extend(changed, place)
        elif one.true is None:
            unsure.add(place)
    known = [*stand, *added]
    behind = sorted(_without([(end.seq + 1, walk.last)], sorted(known)))
    rest = list(_without(walk.rest, [(end.seq + 1, walk.last)]))
    if other_end and not any(_holds(ranges, end.seq) for ranges in (stand, added, changed, rest)):
        changed.append((end.seq, end.seq))
    missing = sorted([*walk.gaps, *stand])
    removed = _without(_without(missing, [(end.seq + 1, max(walk.last, end.seq + 1))]), written)
    cut = _without([(walk.last + 1, end.seq)], written)
    for first, final in _merged(removed):
        next = final + 1
        what = f"{_named(first, final)} removed" + (
            f", so that entry {next} cannot be checked" if next in unsure else ""
        )
        yield Finding("removed", first, final, Problem(what, where))
    for first, final in [*changed, *rest]:
        what = f"{_named(first, final)} changed" + (
            f", or entry {first - 1} together with its seal" if first > 1 else ""
        )
        yield Finding("changed", first, final, Problem(what, where))
    for first, final in [*added, *behind]:
        yield Finding("inserted", first, final, Problem(f"{_named(first, final)} inserted", where))
    for first, final, by in sorted(walk.spans):
        what = f"{_named(first, final)} moved: written first as entry {first + by}"
        yield Finding("reordered", first, final, Problem(what, where))
    for first, final in cut:
        yield Finding("cut", first, final, Problem(f"{_named(first, final)} cut off from the end of the log", where))


def _named(first: int, last: int) -> str:
    return f"entry {first} was" if first == last else f"entries {first} to {last} were"


def _extend(ranges: list[Range], place: int) -> None:
    if ranges and ranges[-1][1] == place - 1:
        ranges[-1] = (ranges[-1][0], place)
    else:
        ranges.append((place, place))


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """The same places in as few ranges as they fit into."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and merged[-1][1] == first - 1:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _holds(ranges: Iterable[Range], place: int) -> bool:
    return any(first <= place <= last for first, last in ranges)


def _without(ranges: Iterable[Range], holes: list[Range]) -> Iterator[Range]:
    """What is left of ranges without sorted holes; empty ranges are passed over."""
    for first, last in ranges:
        left = first
        for start, end in holes:
            if end < left or start > last:
                continue
            if start > left:
                yield left, start - 1
            left = end + 1
        if left <= last:
            yield left, last
