"""The report on restrictions as one HTML file: were they right, how long, whom wrongly, what is saved, do estimates hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.credit.restriction.terms import Restraints
from tocsin.faces.report import held_charts as charts
from tocsin.faces.report.charts import swatch
from tocsin.faces.report.held_words import ENDS, NOTES, lasted, spell
from tocsin.faces.report.markup import Both, Child, Html, el, join, pairs, same, say
from tocsin.faces.report.page import POLICY
from tocsin.faces.report.parts import note, section, table
from tocsin.faces.report.style import HELD, sheet
from tocsin.faces.report.words import DASH, about, day, money, number, share
from tocsin.insight.hold_out import Amount, Compared
from tocsin.insight.intervals import Difference
from tocsin.insight.lives import VERDICTS
from tocsin.insight.restrictions import Figures, Report
from tocsin.policy.policy import Policy
from tocsin.values import instant
from tocsin.values.calendar import DAY, dated


@dataclass(frozen=True, slots=True)
class About:
    """Beside the figures: the policy, the titles of its holds, the language that is shown first."""

    policy: str
    titles: Mapping[str, Mapping[str, str]]
    timezone: str
    language: str = "en"

    @classmethod
    def of(cls, policy: Policy, language: str) -> About:
        found = policy.sections.get("restrictions")
        holds = found.holds if isinstance(found, Restraints) else {}
        return cls(policy.stamp, {name: hold.title for name, hold in holds.items()}, policy.timezone, language)


ODD = 0.001
"""A chance below which those held out are not those whom chance held out."""
_FEW = Both("not enough data", "数据不足")
MANUAL = Both("Imposed by hand", "人工施加")


def html(report: Report, given: About) -> str:
    """The page: no script, nothing loaded from anywhere, two languages by style sheet."""
    view = _View(report, given)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", same("Effect of restrictions · 管控效果")),
        el("style", Html(sheet(()) + HELD)),
    )
    parts = view.sections() if report.total.n + report.total.held_out else [_nothing()]
    body = el(
        "body",
        *(
            el(
                "input", type="radio", name="language", id=one, class_="language",
                checked="checked" if one == given.language else None,
            )
            for one in ("en", "zh")
        ),
        view.header(),
        el("main", *parts, view.notes()),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en' if given.language == 'en' else 'zh-CN')}\n"


def _nothing() -> Html:
    words = Both("No restriction was imposed, so there is nothing to show.", "没有施加过管控，因此没有可显示的内容。")
    return el("section", note(words))


@dataclass(frozen=True)
class _View:
    report: Report
    given: About

    def name(self, hold: str) -> Both:
        title = self.given.titles.get(hold)
        return MANUAL if hold == "manual" else same(hold) if title is None else Both(title["en"], title["zh"])

    @property
    def named(self) -> list[tuple[Both, Figures]]:
        """Holds that were in force, the most frequent first."""
        return [(self.name(hold), one) for hold, one in self.report.holds.items() if one.n]

    def money(self, minor: int) -> Both:
        return money(minor, self.report.currency)

    def date(self, moment: int) -> Both:
        return day(dated(instant.local(moment, self.given.timezone) // DAY))

    # -- the top ---------------------------------------------------------------------------------

    def header(self) -> Html:
        switch = el(
            "div",
            el("label", same("English"), for_="en", lang="en"),
            el("label", same("中文"), for_="zh", lang="zh-CN"),
            class_="switch",
        )
        since = self.report.since
        period = (
            say("known by {now}", "截至{now}", now=self.date(self.report.now))
            if since is None
            else say(
                "imposed since {since}, known by {now}",
                "{since}起施加，截至{now}",
                since=self.date(since),
                now=self.date(self.report.now),
            )
        )
        return el(
            "header",
            el("div", el("p", Both("Tocsin · Restrictions", "警钟 · 管控"), class_="over"), switch, class_="bar-top"),
            el("h1", Both("Effect of restrictions", "管控效果")),
            el(
                "p",
                el("span", say("Policy {name}", "策略{name}", name=self.given.policy)),
                el("span", period),
                class_="under",
            ),
        )

    def sections(self) -> list[Html]:
        found = [self.headlines()]
        if self.report.total.n:
            found += [self.verdicts(), self.lasting(), self.wrong(), self.calibration()]
        compared = [(self.name(hold), one.compared) for hold, one in self.report.holds.items() if one.compared]
        found.append(self.hold_out([(name, one) for name, one in compared if one is not None]))
        return [*found, self.work()]

    def headlines(self) -> Html:
        one = self.report.total
        told = one.told
        cards = [
            _card(
                Both("Restrictions", "管控"),
                number(one.n),
                say("{n} in force now", "目前生效{n}项", n=number(one.standing)),
            ),
            _card(
                Both("Right, of those decided", "已定论中属实"),
                share(one.precision.share),
                _of(one.precision.whole, one.precision.low, one.precision.high),
            ),
            _card(
                Both("Stopped by those that were right", "属实管控拦下的金额"),
                about(one.saved.confirmed, self.report.currency),
                Both("at most so much loss avoided", "避免损失的上限"),
            ),
            _card(
                Both("People held wrongly", "被误伤的客户"),
                number(one.wrong_people),
                say("half of them no longer than {t}", "半数不超过{t}", t=spell(one.wrong.median))
                if one.wrong.n
                else Both("none known", "尚无"),
            ),
            _card(
                Both("Lasts (median)", "持续时间（中位）"),
                lasted(one.lasting.median),
                say("nine of ten: {t}", "九成：{t}", t=lasted(one.lasting.p90)),
            ),
            _card(
                Both("Again after release", "解除后再犯"),
                share(one.again.share),
                say(
                    "within {days} days; {n} were released",
                    "{days}天内；共解除{n}项",
                    days=str(one.again.days),
                    n=number(one.again.n),
                ),
            ),
            _card(
                Both("Ended by p50, by p90", "至p50、p90已结束"),
                say("{a}, {b}", "{a}，{b}", a=share(told.p50.share), b=share(told.p90.share)) if told.enough else DASH,
                say("{n} estimates whose time has come", "{n}次估计已到期", n=number(told.p50.whole))
                if told.enough
                else say("not enough data: {n}", "数据不足：{n}", n=number(told.p50.whole)),
            ),
            _card(
                Both("Orders not confirmed", "核心系统未确认"),
                number(one.worked.unconfirmed),
                Both("by the core system", "的指令"),
            ),
        ]
        heading = Both("At a glance", "概览")
        return el(
            "section",
            el("h2", heading, id="glance", class_="quiet"),
            el("div", *cards, class_="cards"),
            aria_labelledby="glance",
        )

    # -- sections --------------------------------------------------------------------------------

    def verdicts(self) -> Html:
        heading = Both("Were they right?", "管控是否正确？")
        lead = Both(
            "Each restriction is confirmed, false or undecided by what is known now; the foot of the page says how.",
            "按目前所知，每项管控分为属实、误伤或未定；口径见页末。",
        )
        legend = el(
            "ul",
            *(el("li", swatch(f"verdict-{kind}"), el("span", charts.VERDICT[kind])) for kind in VERDICTS),
            class_="legend",
        )
        heads = pairs(
            "Hold|管控", "All|全部", "Confirmed|属实", "False|误伤", "Undecided|未定", "Right|属实率", "95%|95%区间",
            "Stopped by the right ones|属实者拦下金额", "Stopped by all|全部拦下金额",
        )  # fmt: skip
        body: list[list[Child]] = [
            [
                name,
                number(one.n),
                *(number(one.verdicts[kind]) for kind in VERDICTS),
                share(one.precision.share),
                _range(one.precision.low, one.precision.high),
                self.money(one.saved.confirmed),
                self.money(one.saved.all),
            ]
            for name, one in self._with_total()
        ]
        return section(
            "right",
            heading,
            lead,
            legend,
            charts.verdicts(self.named, heading, lead),
            table(heading, heads, body),
        )

    def _with_total(self) -> list[tuple[Both, Figures]]:
        rows = self.named
        return [*rows, (Both("All", "合计"), self.report.total)] if len(rows) > 1 else rows

    def lasting(self) -> Html:
        heading = Both("How long they last, and how they end", "持续多久，如何结束")
        lead = Both(
            "The share that lasts longer than so many days; those still in force count as far as they have come.",
            "持续超过相应天数的比例；仍生效的管控按已持续时间计入（删失）。",
        )
        total = self.report.total
        drawn = (
            charts.lasting(self.named, total.lasting, heading, lead)
            if total.lasting.curve
            else note(Both("No restriction has ended yet.", "尚无管控结束。"))
        )
        reasons = list(total.outcomes)
        heads = [
            *pairs("Hold|管控", "Ended|已结束", "Median|中位", "Nine of ten|九成", "Again|再犯"),
            *(ENDS.get(reason, same(reason)) for reason in reasons),
        ]
        body: list[list[Child]] = [
            [
                name,
                number(one.lasting.ended),
                lasted(one.lasting.median),
                lasted(one.lasting.p90),
                share(one.again.share),
                *(number(one.outcomes.get(reason, 0)) for reason in reasons),
            ]
            for name, one in self._with_total()
        ]
        return section("lasts", heading, lead, drawn, table(heading, heads, body))

    def wrong(self) -> Html:
        heading = Both("Whom they hit wrongly, and for how long", "误伤了谁，多久")
        lead = Both(
            "Restrictions found false: their customers could not use what was theirs for so long.",
            "被认定为误伤的管控：相应客户在此期间无法正常用卡。",
        )
        if not self.report.total.wrong.n:
            return section(
                "wrong", heading, lead, note(Both("No restriction was found false.", "没有被认定为误伤的管控。"))
            )
        heads = pairs("Hold|管控", "False|误伤", "People|客户", "Median|中位", "Nine of ten|九成", "Together|合计")
        body: list[list[Child]] = [
            [
                name,
                number(one.wrong.n),
                number(one.wrong_people),
                spell(one.wrong.median),
                spell(one.wrong.p90),
                spell(one.wrong.total if one.wrong.n else None),
            ]
            for name, one in self._with_total()
        ]
        return section("wrong", heading, lead, table(heading, heads, body))

    def calibration(self) -> Html:
        heading = Both("Do the estimates hold?", "预计解除时间准不准？")
        lead = Both(
            "Customers were told when half, and nine of ten, such restrictions have ended. The dots say how many had ended "
            "by then, with their 95% intervals; the dashed lines are what was promised.",
            "客户被告知半数与九成同类管控结束的时间。圆点为届时确已结束的比例及95%区间，虚线为所告知的比例。",
        )
        heads = pairs("Hold|管控", "By p50|至p50", "95%|95%区间", "n|n", "By p90|至p90", "95%|95%区间", "n|n")
        body: list[list[Child]] = []
        for name, one in self._with_total():
            cells: list[Child] = [name]
            for each in (one.told.p50, one.told.p90):
                known = one.told.enough
                cells += [
                    share(each.share) if known else _FEW,
                    _range(each.low, each.high) if known else DASH,
                    number(each.whole),
                ]
            body.append(cells)
        few = note(Both("Too few estimates have had their time yet.", "到期的估计尚少，暂不给出。"))
        drawn = charts.estimates(self._with_total(), heading, lead) if self.report.total.told.enough else few
        return section("estimates", heading, lead, drawn, table(heading, heads, body))

    def hold_out(self, named: list[tuple[Both, Compared]]) -> Html:
        heading = Both("What they are good for: the hold-out", "效果对照：随机不管控")
        lead = say(
            "A few people, chosen by chance and for good, are never restricted by a hold. What happened to them within {days} "
            "days is held against the others, each person once.",
            "少数客户随机选定、长期不受某项管控。将其后{days}天内的情况与其他客户对比，每位客户只计一次。",
            days=str(self.report.periods.after),
        )
        if not named:
            words = Both(
                "Nobody is held out, so what would have happened without restrictions is not known.",
                "没有随机对照，因此无法得知若不管控会怎样。",
            )
            return section("hold-out", heading, lead, note(words))
        heads = pairs(
            "Hold|管控", "People: held out|客户：对照", "Restricted|管控", "By chance|随机性", "Bad: difference|不良：差", "With a loss: difference|有损失：差",
            "Loss a person: difference|人均损失：差", "Avoided in all|合计避免损失",
        )  # fmt: skip
        body: list[list[Child]] = [
            [
                name,
                number(one.held_out.people),
                number(one.restricted.people),
                _by_chance(one.chance),
                _apart(one.bad),
                _apart(one.lossy),
                self._about(one.mean),
                self._about(one.avoided),
            ]
            for name, one in named
        ]
        enough = [(name, one) for name, one in named if one.held_out.people and one.restricted.people]
        drawn = charts.compared(enough, self.report.periods, heading, lead) if enough else None
        few = say(
            "Differences are held out less restricted, with 95% intervals: above zero was avoided. They are told from {n} "
            "people in each group on. By chance: whether as many are held out as the policy asks for (χ², p ≥ 0.001).",
            "差为对照减管控，附95%区间：大于零即为避免的损失。两组各满{n}人方予给出。随机性：对照人数与策略设定是否相符（χ²，p ≥ 0.001）。",
            n=str(self.report.periods.enough),
        )
        legend = el(
            "ul",
            el("li", swatch("arm-held_out"), el("span", Both("held out", "对照"))),
            el("li", swatch("arm-restricted"), el("span", Both("restricted", "管控"))),
            class_="legend",
        )
        return section("hold-out", heading, lead, legend, drawn, table(heading, heads, body), note(few))

    def _about(self, one: Amount | None) -> Html:
        if one is None:
            return join(_FEW)
        value, low, high = (about(each, self.report.currency) for each in (one.value, one.low, one.high))
        return _valued(value, say("{a} to {b}", "{a}至{b}", a=low, b=high))

    def work(self) -> Html:
        heading = Both("Reviews, appeals, orders", "复核、申诉与指令")
        lead = Both("What people and the core system owe the customer.", "人工与核心系统应尽之责。")
        heads = pairs(
            "Hold|管控", "Reviewed|已复核", "Median time|中位用时", "Nine of ten|九成", "Overdue|逾期未复核", "Appeals|申诉",
            "Upheld|支持", "Median time|中位用时", "Late|逾期", "Orders unconfirmed|未确认指令",
        )  # fmt: skip
        body: list[list[Child]] = [
            [
                name,
                number(one.worked.reviews.n),
                spell(one.worked.reviews.median),
                spell(one.worked.reviews.p90),
                number(one.worked.reviews_overdue),
                number(one.worked.appeals),
                share(one.worked.appeals_upheld.share),
                spell(one.worked.appeal_times.median),
                number(one.worked.appeals_late),
                number(one.worked.unconfirmed),
            ]
            for name, one in self._with_total()
        ]
        return section("work", heading, lead, table(heading, heads, body))

    def notes(self) -> Html:
        periods = self.report.periods
        known = {
            name: str(getattr(periods, name)) for name in ("before", "after", "quiet", "again", "enough")
        }  # fmt: skip
        return el(
            "section",
            el("h2", Both("How things are counted", "统计口径"), id="notes"),
            el("ul", *(el("li", say(one.en, one.zh, **known)) for one in NOTES), class_="notes"),
            aria_labelledby="notes",
        )


def _card(label: Both, value: Both, under: Both) -> Html:
    return el(
        "div", el("p", label, class_="label"), el("p", value, class_="value"), el("p", under, class_="note"), class_="card"
    )  # fmt: skip


def _of(n: int, low: float | None, high: float | None) -> Both:
    if not n:
        return Both("none is decided yet", "尚无定论")
    return say("of {n}; 95%: {r}", "共{n}项；95%区间：{r}", n=number(n), r=_range(low, high))


def _range(low: float | None, high: float | None) -> Both:
    if low is None or high is None:
        return DASH
    return say("{a} to {b}", "{a}至{b}", a=share(low), b=share(high))


def _apart(one: Difference | None) -> Html:
    """A difference of shares, in points."""
    if one is None:
        return join(_FEW)
    value, low, high = (f"{100 * each:+.1f}" for each in (one.value, one.low, one.high))
    return _valued(say("{v} points", "{v}个百分点", v=value), say("{a} to {b}", "{a}至{b}", a=low, b=high))


def _by_chance(one: float | None) -> Both:
    if one is None:
        return DASH
    return Both("no", "异常") if one < ODD else Both("yes", "正常")


def _valued(value: Both, interval: Both) -> Html:
    """A value over its interval."""
    return join(value, el("p", interval, class_="sentence"))
