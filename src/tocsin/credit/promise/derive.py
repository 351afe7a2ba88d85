"""Where every promise of a person stands, from all that happened: the one definition.

Each payment is counted once. It goes to the promise that falls due first (then the one made first) among
those made before it, not yet too late and not yet kept, up to the amount promised; what is left goes on to
the next.
A reversed payment was never made, so whatever it had kept is open, partial or broken again.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.credit.promise.record import Made, Paid, Reversed, Standing, Status, Step, Terms, enough, until


def standings(
    made: Iterable[Made], paid: Iterable[Paid], reversals: Iterable[Reversed], terms: Terms, now: int
) -> tuple[Standing, ...]:
    """Every promise at the instant `now`, in the order in which payments reach them."""
    promises = sorted((until(one, terms), one.at, one.promise, one) for one in made)
    counted: list[list[tuple[int, str, int]]] = [[] for _ in promises]
    got = [0] * len(promises)
    for payment, amount in _kept(paid, reversals, now):
        left = amount
        for place, (end, *_, one) in enumerate(promises):
            if left and got[place] < enough(one.amount, terms) and _counts(payment, one, end):
                part = min(left, one.amount - got[place])
                counted[place].append((payment.at, payment.payment, part))
                got[place] += part
                left -= part
    return tuple(
        _standing(one, end, parts, terms, now) for (end, *_, one), parts in zip(promises, counted, strict=True)
    )


def _kept(paid: Iterable[Paid], reversals: Iterable[Reversed], now: int) -> Iterable[tuple[Paid, int]]:
    """Payments made by now in their order, with what of each was not reversed."""
    taken: dict[str, int] = {}
    for one in reversals:
        taken[one.payment] = taken.get(one.payment, 0) + one.amount
    for payment in sorted(paid, key=lambda one: (one.at, one.payment)):
        left = payment.amount - taken.get(payment.payment, 0)
        if left > 0 and payment.at <= now:
            yield payment, left


def _counts(payment: Paid, made: Made, end: int) -> bool:
    return made.at <= payment.at < end and payment.currency == made.currency and made.account in (None, payment.account)


def _standing(made: Made, end: int, parts: list[tuple[int, str, int]], terms: Terms, now: int) -> Standing:
    course = [Step(made.at, Status.OPEN)]
    total, needed = 0, enough(made.amount, terms)
    for at, _, amount in parts:
        total += amount
        if total >= needed:
            course.append(Step(at, Status.KEPT))
            break
    else:
        if end <= now:
            course.append(Step(max(end, made.at), Status.PARTIAL if total else Status.BROKEN))
    return Standing(made, end, tuple((name, amount) for _, name, amount in parts), tuple(course))
