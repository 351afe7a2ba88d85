"""What is done to accounts: orders to the core system, and facts of the late accounts themselves."""

from __future__ import annotations

from typing import Any

from tocsin.credit import position
from tocsin.credit.collection.ahead import granted
from tocsin.credit.collection.strategy import OnAccount, Order
from tocsin.credit.collection.turn import Fate, Turn
from tocsin.credit.position.view import ENDED
from tocsin.facts import kinds
from tocsin.facts.kinds import Fact
from tocsin.values import instant
from tocsin.values.calendar import dated
from tocsin.values.deadline import over

_KINDS: dict[str, type[Fact]] = {
    "charge_off": kinds.ChargeOff,
    "re_age": kinds.ReAge,
    "pause": kinds.Pause,
    "pause_ended": kinds.PauseEnded,
    "closure": kinds.Closure,
}


def ordered(turn: Turn, way: Order) -> Fate:
    """An order stands in the treatment that tells of it; without an amount where one is named, there is nothing to do."""
    return Fate("skipped", reason="there is nothing to order") if granted(turn, way) == 0 else Fate("done")


def on_accounts(turn: Turn, way: OnAccount) -> Fate:
    """A fact for every account in question that its own position would count; barred where it would for none."""
    told, why = 0, "no account is late"
    for id in turn.late or turn.scope:
        fact = turn.drafted(_KINDS[way.fact], account=id, **_content(turn, id, way))
        objection = _objection(turn, id, fact)
        if objection is None and turn.told(fact):
            told += 1
        else:
            why = objection or "it lies before what is kept of the account"
    return Fate("done") if told else Fate("barred", reason=why[:500])


def charged_off(turn: Turn) -> None:
    """Debts whose days are over by the terms are written off, to the cent of what is owed."""
    if not turn.house.strategy.charge_off:
        return
    for id, one in turn.positions.items():
        if one.charge_off_due:
            turn.tell(
                kinds.ChargeOff,
                account=id,
                amount=max(one.balance, 0),
                currency=turn.house.currency,
                reason="days_past_due",
            )


def _content(turn: Turn, id: str, way: OnAccount) -> dict[str, Any]:
    match way.fact:
        case "charge_off":
            amount = max(turn.positions[id].balance, 0)
            return {"amount": amount, "currency": turn.house.currency, "reason": way.reason or "policy"}
        case "pause":
            ends = instant.instant(over(dated(turn.today), turn.house.zone, way.days))
            return {"mode": way.mode, "ends_at": ends if way.days else None, "reason": way.reason or "policy"}
        case _:
            return {"reason": way.reason or "policy"}


def _objection(turn: Turn, id: str, fact: Fact) -> str | None:
    """Why the account's own position would not count a fact; None where it would."""
    one, terms = turn.positions[id], turn.house.strategy.position
    if one.state in ENDED:
        return "the account has ended"
    if isinstance(fact, kinds.ChargeOff) and one.charged_off is not None:
        return "it is charged off already"
    if isinstance(fact, kinds.Closure) and one.charged_off is None:
        return "it is not charged off"
    history = position.fold(turn.book.accounts[id].history, fact, terms)
    if not isinstance(history, position.History):
        return str(history.what)
    refused = dict(position.at(history, turn.now, terms).refused)
    return refused[fact.fact_id].what if fact.fact_id in refused else None
