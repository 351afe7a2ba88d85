"""A question to the gate as its checks see it, and what a check answers when it does not agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.credit.conduct.clock import local
from tocsin.credit.conduct.history import ContactHistory
from tocsin.credit.conduct.people import Address, Contact, Person
from tocsin.values import instant

Inputs = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Question:
    """`address` is None only on channels that need none."""

    contact: Contact
    person: Person
    history: ContactHistory
    address: Address | None


@dataclass(frozen=True, slots=True)
class Denial:
    """Why not: `said` is a key of OBSERVED. No earlier instant than `until` will do; None: none at all."""

    said: str
    inputs: Inputs
    until: int | None = None


Check = Callable[[Question, int], Denial | None]

OBSERVED: dict[str, dict[str, str]] = {
    "hours": {"en": "it is {local} in {zone}", "zh": "{zone}当地时间为{local}"},
    "inconvenient_time": {
        "en": "{local} in {zone} is a time they called inconvenient",
        "zh": "{zone}当地时间{local}为本人表示不便的时间",
    },
    "inconvenient_place": {
        "en": "they called the address {address} inconvenient",
        "zh": "本人表示不便通过{address}联系",
    },
    "frequency": {
        "en": "{count} count since {since}, at most {max} may",
        "zh": "自{since}起已计{count}次,上限为{max}次",
    },
    "cool_down": {"en": "there was or may have been a conversation at {at}", "zh": "{at}已有或可能已有通话"},
    "stop": {"en": "{flag} since {since}", "zh": "自{since}起:{flag}"},
    "parties": {"en": "this would reach the role {role} for {purpose}", "zh": "此次联系的对象为{role},目的为{purpose}"},
    "told": {"en": "a contact person would learn of the debt", "zh": "联系人将得知债务"},
    "reachable": {
        "en": "nothing says that the debtor is out of reach, dead or incapacitated",
        "zh": "没有债务人失联、死亡或丧失行为能力的记录",
    },
    "opt_out": {"en": "opted out of {channel} on {at}", "zh": "已于{at}退订{channel}"},
    "workplace": {
        "en": "the address {address} is, or may be, at work, and no permission is known",
        "zh": "{address}为或可能为工作场所,且未知雇主允许",
    },
    "consent": {
        "en": "no consent to the address {address} stands or is known",
        "zh": "{address}没有有效或已知的同意",
    },
    "fresh_address": {
        "en": "the address {address} was last confirmed on {at}",
        "zh": "{address}最近一次确认为{at}",
    },
    "identity": {
        "en": "it is not shown that {address} reaches the person themselves",
        "zh": "尚未核实{address}为本人",
    },
    "time_barred": {"en": "{debt} is, or may be, time-barred", "zh": "{debt}已过或可能已过诉讼时效"},
    "notice_first": {"en": "no notice about {debt} was sent in good time", "zh": "尚未就{debt}提前发出通知"},
    "validation": {
        "en": "{debt} was first spoken of on {at} and its validation notice is late",
        "zh": "{debt}于{at}首次联系,债务确认通知已逾期",
    },
}
"""What a check saw, in both languages."""


def moment(t: int | None) -> str:
    return "never" if t is None else instant.written(t)


def wall(t: int, zone: str) -> str:
    """Local date and time to the minute."""
    return instant.written(local(t, zone))[:16].replace("T", " ")
