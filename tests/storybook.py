"""docs/story.md and docs/story.zh.md: the story that `story` lives, told in eight chapters, each in both languages."""

from __future__ import annotations

import json
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tests.stage import Said, at, staged
from tests.story import Life, Scene, Story
from tocsin.credit.collection.strategy import Strategy
from tocsin.credit.collection.telling import lines
from tocsin.desk import policies
from tocsin.values import spoken

CARD = Path("policies/card.yaml")
PAGES = {"en": Path("docs/story.md"), "zh": Path("docs/story.zh.md")}
TOLD = (
    "kind", "account", "channel", "attempt", "result", "promised_amount", "promised_at", "plan", "answer", "amount",
    "statement_balance", "minimum_due", "due_at", "income", "obligations",
)  # fmt: skip
WROTE = (
    "state", "days_past_due", "past_due", "change", "segment", "arm", "channel", "treatment", "order",
    "amount", "rule", "queue", "value", "status", "reason", "outcome", "before", "gives",
)  # fmt: skip
"""Fields of facts that are shown."""


class Words(NamedTuple):
    en: str
    zh: str


class Chapter(NamedTuple):
    """`until`: its last day. `scores`: whether ability and willingness are told."""

    until: date
    title: Words
    prose: Words
    scores: bool = False


HEAD = Words(
    """# One customer's story

Alex Example does not exist; everything else here is what Tocsin said. `tests/story.py` plays the bank against a real service
under `policies/card.yaml`, with a sandbox of a provider for the messages and a clock that is moved; two customers live the same
days side by side, one reads English and one 中文. This page is made by `python -m tests.test_story --write`, and
`tests/test_story.py` fails when the product says anything else. [中文](story.zh.md)

Amounts in facts are fen. Ids, times and fields that say nothing new are left out.
""",
    """# 一位客户的经历

示例客户并不存在;除此之外,这里的一切都是警钟自己说的。`tests/story.py` 扮演银行,对着一个真实的服务按
`policies/card.yaml` 过日子:消息发往服务商沙箱,时钟由它拨动;两位客户并排度过同样的日子,一位读英文,一位读中文。
本页由 `python -m tests.test_story --write` 生成;产品若有不同说法,`tests/test_story.py` 即告失败。[English](story.md)

事件中的金额以分为单位。编号、时间及没有新内容的字段从略。
""",
)
CHAPTERS = (
    Chapter(
        date(2026, 3, 2),
        Words("Before it is late", "逾期之前"),
        Words(
            "Alex has had the card for a year and paid every minimum. The statement of 10 February asks for ¥1,250.00 by 2 March. "
            "Three days before, a case is opened; who is reminded in time is often never late.",
            "客户持卡一年,每期都还了最低还款额。2月10日的账单要求3月2日前还1,250.00元。提前三天立案:及时提醒过的人往往不会逾期。",
        ),
    ),
    Chapter(
        date(2026, 3, 3),
        Words("Late", "逾期"),
        Words(
            "Nothing came. Nobody tells Tocsin so: that a day has gone by is enough.",
            "款项没有到。无人告知警钟:日子过去一天就够了。",
        ),
    ),
    Chapter(
        date(2026, 3, 8),
        Words("Reminded", "提醒"),
        Words(
            "The three days of grace are over. Alex answers the second message in the app; that counts for the willingness to pay.",
            "三天宽限期已过。客户在应用内回复了第二条消息,这计入还款意愿。",
        ),
    ),
    Chapter(
        date(2026, 3, 12),
        Words("Called", "致电"),
        Words(
            "A call is a task in a worklist, by what it is expected to bring. The agent tries at half past seven in the morning and "
            "is refused; at eleven the gate agrees. Alex promises the money for Saturday and says what comes in and goes out. "
            "While the promise is open, nobody asks again; it is only remembered.",
            "致电是作业队列中的任务,按预期收益排序。坐席早上七点半想拨打,被拒绝;十一点获准。客户承诺周六还款,并说明了收支。"
            "承诺未到期前不再催问,只作一次提示。",
        ),
        scores=True,
    ),
    Chapter(
        date(2026, 3, 18),
        Words("The promise is broken", "承诺落空"),
        Words(
            "Three days after its date the promise is over. Tocsin says so once, and at once works out what Alex can really pay.",
            "约定日后三天,承诺到此为止。警钟只告知一次,并立即测算客户真正还得起多少。",
        ),
    ),
    Chapter(
        date(2026, 3, 21),
        Words("A plan is offered", "提供方案"),
        Words(
            "There is one message a day at most, so the plan waits for its turn. Alex accepts it in the app.",
            "一天至多一条消息,方案因此依次等候。客户在应用内接受了它。",
        ),
    ),
    Chapter(
        date(2026, 4, 30),
        Words("Performing", "履约"),
        Words(
            "As long as the plan is kept nobody asks for anything. The ladder's orders to the core system go on, and the segment "
            "moves with the scores: a month without a payment counts against Alex, and without consequence. The core system heard "
            "of the plan, so its statement of 10 April asks for the instalment alone.",
            "只要履约,就没有人来催。阶梯上给核心系统的指令照常执行,客群随评分变动:一个月没有还款对客户不利,但不产生任何后果。"
            "核心系统已得知该方案,4月10日的账单只要求还当期款项。",
        ),
    ),
    Chapter(
        date(2026, 5, 9),
        Words("Cured", "恢复正常"),
        Words(
            "The second instalment pays what was late. The account is current, the case is closed the same minute, and Alex is left "
            "alone; the plan goes on to its last payment.",
            "第二期还清了逾期部分。账户恢复正常,同一分钟内结案,不再打扰客户;方案继续履行到最后一期。",
        ),
    ),
)
_LABELS = {
    "told": Words("The bank tells `POST /v1/facts`:", "银行告知 `POST /v1/facts`:"),
    "asked": Words("The agent asks `POST /v1/contacts`, and is answered:", "坐席询问 `POST /v1/contacts`,得到答复:"),
    "wrote": Words("Tocsin writes on the log:", "警钟写入日志:"),
    "read": Words("What Alex reads:", "客户读到:"),
    "why": Words("Why, by the ladder of the policy:", "依据(策略的处置阶梯):"),
    "stands": Words("Where Alex stands, `GET /v1/people/{customer}`:", "客户现状 `GET /v1/people/{customer}`:"),
    "next": Words("What comes next, if nothing changes but the time: ", "若除时间外别无变化,接下来:"),
    "nothing": Words("Nothing is to come.", "没有后续安排。"),
    "on": Words("{title} on {day}", "{day}{title}"),
    "ability": Words(
        "ability {score} of 100, as far as is known ({confidence} %)", "还款能力{score}分(可信度{confidence}%)"
    ),
    "willingness": Words(
        "willingness {score} of 100, as far as is known ({confidence} %)", "还款意愿{score}分(可信度{confidence}%)"
    ),
    "surplus": Words("can pay {amount} a month", "每月可还{amount}"),
    "plan": Words("the plan: {total} in all, {paid} paid; {say}", "方案:共{total},已还{paid};{say}"),
}
_COMMA, _COLON, _BREAK, _STOP = Words(", ", "，"), Words(": ", "："), Words("; ", "；"), Words(".", "。")


def pages() -> dict[str, str]:
    """Both pages, from a service that is started for them."""
    strategy = policies.strategy(policies.policy(CARD))
    assert strategy is not None
    with (
        tempfile.TemporaryDirectory() as folder,
        staged(Path(folder), CARD.read_text("utf-8"), at("2025-01-01")) as stage,
    ):
        lives = {life.language: life for life in Story(stage).lived()}
    alike(*lives.values())
    return {language: "\n".join(_page(language, lives, strategy)) + "\n" for language in PAGES}


def alike(one: Life, other: Life) -> None:
    """Both were told and treated the same."""
    for day, scene in one.scenes.items():
        assert list(map(_wrote, scene.made)) == list(map(_wrote, other.scenes[day].made)), day


def _page(language: str, lives: dict[str, Life], strategy: Strategy) -> Iterator[str]:
    life = lives[language]
    yield _in(HEAD, language)
    days = sorted(life.scenes)
    for number, chapter in enumerate(CHAPTERS):
        since = CHAPTERS[number - 1].until if number else date.min
        here = [day for day in days if since < day <= chapter.until]
        yield f"## {_in(chapter.title, language)}\n"
        prose = _in(chapter.prose, language)
        yield f"{textwrap.fill(prose, 125) if language == 'en' else prose}\n"
        scenes = [(day, life.scenes[day]) for day in here]
        yield from _block("told", language, [(day, _json(_shown(one, TOLD))) for day, s in scenes for one in s.told])
        yield from _block("asked", language, [(day, _json(_answer(said))) for day, s in scenes for _, said in s.asked])
        yield from _block("wrote", language, [(day, _wrote(one)) for day, s in scenes for one in s.made])
        yield from _texts(language, [{name: one.scenes[day] for name, one in lives.items()} for day in here], here)
        yield from _why(language, scenes, strategy)
        yield from _stands(language, life.scenes[here[-1]].person, chapter.scores)


def _block(label: str, language: str, found: Sequence[tuple[date, str]]) -> Iterator[str]:
    if found:
        yield f"{_in(_LABELS[label], language)}\n\n```"
        yield from (f"{day:%m-%d}  {line}" for day, line in found)
        yield "```\n"


def _texts(language: str, scenes: Sequence[dict[str, Scene]], days: Sequence[date]) -> Iterator[str]:
    found = [
        f"- {spoken.day(day, language)}{_in(_COMMA, language)}{en['channel']}:\n\n  > {en['text']}\n  >\n  > {zh['text']}\n"
        for day, both in zip(days, scenes, strict=True)
        for en, zh in zip(both["en"].texts, both["zh"].texts, strict=True)
    ]
    if found:
        yield f"{_in(_LABELS['read'], language)}\n"
        yield from found


def _why(language: str, scenes: Sequence[tuple[date, Scene]], strategy: Strategy) -> Iterator[str]:
    ladder = lines(strategy, "CNY", language)[-len(strategy.ladder) :]
    steps = [one["step"] for _, scene in scenes for one in scene.made if one["kind"] == "treatment"]
    if steps:
        yield f"{_in(_LABELS['why'], language)}\n"
        yield from (f"- {ladder[step].strip()}" for step in dict.fromkeys(steps))
        yield ""


def _stands(language: str, person: Said, scores: bool) -> Iterator[str]:
    found = []
    for name in ("ability", "willingness") if scores else ():
        said = _in(_LABELS[name], language).format(**person[name])
        found.append(
            said
            + _in(_COLON, language)
            + _in(_BREAK, language).join(one["say"] for one in person[name]["reasons"] if one["points"])
        )
    if scores:
        found.append(_in(_LABELS["surplus"], language).format(amount=_yuan(person["surplus"], language)))
    for plan in person["plans"]:
        amounts = {name: _yuan(plan[name], language) for name in ("total", "paid")}
        found.append(_in(_LABELS["plan"], language).format(say=plan["say"], **amounts))
    if found:
        yield f"{_in(_LABELS['stands'], language)}\n"
        yield from (f"- {line}" for line in found)
        yield ""
    coming = [
        _in(_LABELS["on"], language).format(title=one["title"], day=spoken.day(date.fromisoformat(one["on"]), language))
        for one in person["next"][:3]
    ]
    last = _in(_BREAK, language).join(coming) + _in(_STOP, language)
    yield _in(_LABELS["next" if coming else "nothing"], language) + (last if coming else "") + "\n"


# -- pieces ------------------------------------------------------------------------------------------------------------


def _in(words: Words, language: str) -> str:
    return words.zh if language == "zh" else words.en


def _shown(fact: Said, names: Sequence[str]) -> Said:
    return {name: fact[name] for name in names if name in fact}


def _wrote(fact: Said) -> str:
    said = " ".join(f"{name}={value}" for name, value in _shown(fact, WROTE).items())
    return f"{fact['kind']:<16}  {said}".rstrip()


def _answer(said: Said) -> Said:
    return _shown(said, ("allowed", "rule", "source", "sentence", "next_allowed", "rules"))


def _json(said: Said) -> str:
    return json.dumps(said, ensure_ascii=False)


def _yuan(amount: int, language: str) -> str:
    return spoken.amount(amount, "CNY", language)
