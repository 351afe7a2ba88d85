"""What a policy imposes at a fact: by the rules that fired, and by the level that the account came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from tocsin.credit.restriction.terms import Hold, Restraints
from tocsin.facts.kinds import Fact
from tocsin.facts.measures import Restriction
from tocsin.values import instant
from tocsin.values.calendar import DAY

POLICY = "policy"
"""Who imposes it."""


class Imposing:
    """The holds of a policy, by what imposes them. `stamp` is the policy's, `currency` that of its amounts."""

    def __init__(self, restraints: Restraints, stamp: str, currency: str) -> None:
        self.stamp, self.currency = stamp, currency
        self.by_rule = restraints.of_rules()
        self.by_level = tuple(hold for hold in restraints.holds.values() if hold.level)

    def wanted(self, fired: Sequence[str], risen: Iterable[int]) -> list[tuple[Hold, list[str]]]:
        """Each hold that is to be imposed, with the rules that speak for it."""
        holds: dict[str, tuple[Hold, list[str]]] = {}
        for rule in fired:
            for hold in self.by_rule.get(rule, ()):
                holds.setdefault(hold.name, (hold, []))[1].append(rule)
        highest = max(risen, default=0)
        for hold in self.by_level:
            if 0 < hold.level <= highest:
                holds.setdefault(hold.name, (hold, []))[1].extend(fired)
        return list(holds.values())

    def restriction(
        self, hold: Hold, reasons: Sequence[str], fact: Fact, account: str, now: int, level: str | None, seq: int
    ) -> Restriction:
        """The fact that a hold is imposed because of a fact, recorded `now` (µs UTC), which will be the entry `seq` of
        the log; `level`: the account's then."""
        scope = hold.scope
        mark = blake2b(account.encode(), digest_size=8, person=b"restriction").hexdigest()
        out = hold.held_out > 0 and place(hold.name, fact.customer or account) < hold.held_out
        limit, whole = None, getattr(fact, "credit_limit", None)
        if hold.keep is not None and whole is not None:
            limit = whole * hold.keep // 100
        review = None if hold.review is None or out else instant.instant(now + hold.review)
        expires = hold.most * DAY if out else hold.expires
        return Restriction(
            fact_id=f"t-{mark}-{seq}",
            occurred_at=instant.instant(now),
            customer=fact.customer,
            account=account,
            restriction=f"r{seq}",
            hold=hold.name,
            type=hold.type,  # type: ignore[arg-type]
            strength=hold.strength,  # type: ignore[arg-type]
            reasons=tuple(dict.fromkeys(reasons))[:20] or ("level",),
            level=level,
            cause=fact.fact_id,
            by=POLICY,
            policy=self.stamp,
            merchants=scope.merchants,
            countries=scope.countries,
            channels=scope.channels,
            devices=scope.devices,
            card_present=scope.card_present,
            above=scope.above,
            limit=limit,
            currency=self.currency if limit is not None or scope.above is not None else None,
            review_at=review,
            expires_at=None if expires is None else instant.instant(now + expires),
            held_out=out,
        )


def place(hold: str, person: str) -> int:
    """Where a person stands among a hundred, always the same for one hold."""
    hashed = blake2b(f"{hold}\n{person}".encode(), digest_size=8, person=b"held-out").digest()
    return int.from_bytes(hashed) * 100 >> 64
