"""Surplus: what a person can pay a month after obligations and living costs, and how it was reckoned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.credit.ability.person import Household, Person
from tocsin.credit.ability.terms import Terms
from tocsin.values.money import written
from tocsin.values.said import Said


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the reckoning, minor units with sign; `known` where it is told rather than assumed.

    Its sentence is written when somebody asks for it: most reckonings are read by rules alone.
    """

    name: str
    amount: int
    say: Callable[[], Said] = field(compare=False)
    known: bool = True

    @property
    def said(self) -> Said:
        return self.say()


@dataclass(frozen=True, slots=True)
class Surplus:
    """`net` is the sum of the lines, negative where life costs more than comes in; `amount` what can be asked for.

    `basis`: 'income'; 'payments' where no income is known and payments of the past stand in; 'unknown'.
    """

    basis: str
    net: int
    lines: tuple[Line, ...]
    certainty: int

    @property
    def amount(self) -> int:
        return max(0, self.net)


def living_costs(household: Household, terms: Terms) -> int:
    """The least a household lives on a month, minor units."""
    if household.adults < 1:
        return household.children * terms.child
    return terms.first_adult + (household.adults - 1) * terms.further_adult + household.children * terms.child


def surplus_of(person: Person, terms: Terms, told: int) -> Surplus:
    """Reckon a month; `told` is how far what was told of the means is relied on, per cent."""
    if person.means.income is None:
        return _from_payments(person, terms)
    lines = [_income(person), _obligations(person), _living(person, terms)]
    left = sum(line.amount for line in lines)
    if left > 0 and terms.reserve:
        kept = -(-left * terms.reserve // 100)
        lines.append(
            Line(
                "reserve",
                -kept,
                lambda: Said(
                    f"{terms.reserve} % of what remains is kept for what nobody foresees: {_money(kept, person)}",
                    f"余额的{terms.reserve}%留作备用:{_money(kept, person)}",
                ),
            )
        )
    known = sum(line.known for line in lines[:3])
    return Surplus("income", sum(line.amount for line in lines), tuple(lines), told * (1 + known) // 4)


def _from_payments(person: Person, terms: Terms) -> Surplus:
    paid = person.accounts.payments[-terms.enough :]
    if not paid:
        nothing = Said("Neither income nor payments are known", "收入与还款均未知")
        return Surplus("unknown", 0, (Line("unknown", 0, lambda: nothing, False),), 0)
    mean = sum(paid) // len(paid)

    def say() -> Said:
        return Said(
            f"Income is not known; on average {_money(mean, person)} a month was paid in the last {len(paid)} months",
            f"收入未知;最近{len(paid)}个月平均每月还款{_money(mean, person)}",
        )

    return Surplus("payments", mean, (Line("payments", mean, say, False),), 50 * len(paid) // terms.enough)


def _income(person: Person) -> Line:
    income = person.means.income or 0
    source = Said("proven", "已核实") if person.means.verified else Said("declared", "自述")

    def say() -> Said:
        money = _money(income, person)
        return Said(f"Monthly income, {source.en}: {money}", f"月收入({source.zh}):{money}")

    return Line("income", income, say)


def _obligations(person: Person) -> Line:
    owed = person.means.obligations
    if owed is None:
        nothing = Said("Obligations elsewhere are not known: none counted", "其他月供未知:未计入")
        return Line("obligations", 0, lambda: nothing, False)

    def say() -> Said:
        money = _money(owed, person)
        return Said(f"Obligations elsewhere: {money}", f"其他月供:{money}")

    return Line("obligations", -owed, say)


def _living(person: Person, terms: Terms) -> Line:
    household = person.means.household or Household()
    least, declared = living_costs(household, terms), person.means.living
    if declared is not None and declared > least:

        def told() -> Said:
            money = _money(declared, person)
            return Said(f"Living costs as declared: {money}", f"自述生活费用:{money}")

        return Line("living", -declared, told)

    def say() -> Said:
        who = Said(
            f"{household.adults} adult(s) and {household.children} child(ren)",
            f"{household.adults}名成人、{household.children}名子女",
        )
        assumed = Said("", "") if person.means.household else Said(", assumed", "(推定)")
        money = _money(least, person)
        return Said(f"Living costs of {who.en}{assumed.en}: {money}", f"{who.zh}{assumed.zh}的生活费用:{money}")

    return Line("living", -least, say, person.means.household is not None)


def _money(amount: int, person: Person) -> str:
    return f"{written(amount, person.currency)} {person.currency}"
