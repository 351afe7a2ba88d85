"""Texts: each lawful where it is meant for, unlawful changes of it found, filled without holes and to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.credit.conduct import Template, read_texts, rendered, template_problems
from tocsin.credit.conduct.people import CHANNELS, GROUPS
from tocsin.credit.conduct.sms import segments
from tocsin.credit.conduct.texts import Draft
from tocsin.desk import laws
from tocsin.faces.chinese import chinese
from tocsin.faces.cli import console, main
from tocsin.values import spoken
from tocsin.values.problem import Refused

PLACES = ("CN", "US", "UK")
LANGUAGES = ("en", "zh")
MEANT = """
pre_due_reminder     reminder              sms app email
due_today            reminder              sms app email
reminder             collection            sms app email
second_reminder      collection            sms app email
self_service         collection            sms app email
voice_reminder       collection            ai_call
call_script          collection            call visit
voicemail            collection            voicemail
dunning_letter       collection            email letter
promise_reminder     plan_service          sms app email
promise_broken       collection            sms app email
contact_person       locate                sms app email letter call ai_call voicemail
plan_offer           offer                 sms app email letter
plan_confirmed       plan_service          sms app email letter
plan_missed          plan_service          sms app email letter
plan_broken          collection            sms app email
plan_completed       plan_service          sms app email letter
settlement_offer     offer                 sms app email
hardship_offer       offer                 sms app email
due_date_change      offer                 sms app email
waiver_granted       plan_service          sms app email letter
reward_granted       plan_service          sms app email
agency_notice        statutory_notice      sms app email letter
lawyers_letter       legal_warning         letter
suit_notice          legal_warning         letter
bureau_notice        bureau_notice         sms app email letter
validation_notice    validation_notice     US: email letter
remedy_notice        remedy_notice         letter
arrears_notice       statutory_notice      UK: letter
default_sums_notice  statutory_notice      UK: letter
visit_notice         visit_notice          sms app email letter
end_of_efforts       end_of_efforts        email letter
opt_out_confirmation opt_out_confirmation  sms app email
penalty_rate_notice  statutory_notice      sms app email letter
late_fee_notice      statutory_notice      sms app
"""


def draft(name: str, channel: str, language: str, place: str) -> Draft:
    return laws.texts().text_for(name, channel, language, laws.profile(place))


def everywhere() -> list[Draft]:
    return [
        draft(name, channel, language, place)
        for name, written in laws.texts().written.items()
        for place in PLACES
        for channel in CHANNELS
        if written.chosen(channel, place)
        for language in LANGUAGES
    ]


def test_each_text_is_there_in_both_languages_where_it_is_meant_for() -> None:
    meant = {}
    for line in MEANT.strip().splitlines():
        name, purpose, *channels = line.split()
        only = [channels[0][:-1]] if channels[0].endswith(":") else list(PLACES)
        meant[name] = (purpose, {(place, channel) for place in only for channel in channels if channel in CHANNELS})
    found = {
        name: (
            one.purpose,
            {(place, channel) for place in PLACES for channel in CHANNELS if one.chosen(channel, place)},
        )
        for name, one in laws.texts().written.items()
    }
    assert found == meant
    told = (Path(__file__).parent.parent / "docs" / "contact.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| (\w+) \|", told, re.M) == [(name, meant[name][0]) for name in found]
    for one in laws.texts().written.values():
        assert set(one.about) == set(LANGUAGES)
        for wording in one.wordings:
            assert set(wording.text) == set(LANGUAGES) and set(wording.subject) in (set(), set(LANGUAGES))
            english, other = (set(re.findall(r"\{(\w+)\}", wording.text[language])) for language in LANGUAGES)
            assert english == other, f"{one.name}: the languages do not say the same"


def test_every_text_is_lawful_under_every_profile() -> None:
    assert laws.texts().problems(laws.profiles().values()) == []
    assert set(laws.texts().fields) == laws.profile("CN").words.fields


def test_every_text_is_filled_whole_and_text_messages_are_short() -> None:
    for one in everywhere():
        said = rendered(one, laws.texts().examples(one.language))
        assert not re.search(r"[{}]", said.subject + said.text) and bool(said.subject) == (
            one.channel in ("email", "letter")
        )
        assert one.profile.name in PLACES and (1 <= said.segments <= 3) == (one.channel == "sms"), one
        if one.language == "en" and one.channel == "sms":
            assert segments(one.text) <= 2 and len(one.text) <= 306, "a sign that is not GSM-7"


def test_who_answers_as_a_text_message_says_has_opted_out() -> None:
    for one in everywhere():
        if one.channel == "sms" and one.purpose != "opt_out_confirmation":
            text = rendered(one, laws.texts().examples(one.language)).text
            word = re.search(r"(?:Reply|退订回) ?([A-Z]+)", text)
            assert word and laws.gate(one.profile.name, (2026, 2026)).revokes(word[1]), text


TO = " "
UNLAWFUL = [  # text, channel, place, language, what is changed and to what, the rule, what it says
    ("reminder", "sms", "CN", "zh", "{opt_out}", TO, "HOUSE-WORDS", "'opt_out' is missing"),
    ("reminder", "sms", "CN", "zh", "【{sender}】", TO, "HOUSE-WORDS", "'sender' is missing"),
    ("reminder", "sms", "CN", "zh", "如有困难", "否则后果自负", "CN-CARD-68", "threat"),
    ("second_reminder", "sms", "CN", "zh", "您尾号", "老赖，您尾号", "CN-CARD-68", "abuse"),
    ("second_reminder", "sms", "CN", "zh", "如有异议", "我们将联系你的家人。如有异议", "HOUSE-WORDS", "disclosure"),
    ("second_reminder", "email", "CN", "zh", "您可以", "请今日必须还清。您可以", "HOUSE-WORDS", "pressure"),
    ("promise_broken", "sms", "CN", "zh", "可另选日期", "将走法律途径", "HOUSE-WORDS", "legal_threat"),
    ("plan_broken", "sms", "CN", "zh", "我们愿", "公安局将处理，我们愿", "HOUSE-WORDS", "impersonation"),
    ("dunning_letter", "letter", "CN", "zh", "{seal}", TO, "CN-CARD-69", "'seal' is missing"),
    ("dunning_letter", "letter", "CN", "zh", "异议渠道：{dispute_channel}", TO, "CN-CARD-69", "'dispute' is missing"),
    ("dunning_letter", "letter", "CN", "en", "To see your account: {query_channel}", TO, "CN-CARD-69", "'query' is missing"),
    ("dunning_letter", "letter", "CN", "en", "{balance}", TO, "CN-CARD-69", "'balance' is missing"),
    ("plan_offer", "letter", "CN", "zh", "{no_new_card}", TO, "CN-CARD-70-CONTENT", "'no_new_card' is missing"),
    ("plan_offer", "letter", "CN", "en", "{schedule}", TO, "CN-CARD-70-CONTENT", "'terms' is missing"),
    ("contact_person", "sms", "CN", "zh", "烦请转告", "其欠款未还，烦请转告", "CN-GBT45251-WHO", "debt_word"),
    ("contact_person", "sms", "CN", "en", "{name}", "{name} about {balance}", "CN-GBT45251-WHO", "debt_word"),
    ("contact_person", "call", "UK", "en", "We would", "It is about debts. We would", "UK-CONC-7.9.7", "debt_word"),
    ("contact_person", "letter", "UK", "en", "{contact}", "{debt_advice}", "UK-CONC-7.9.7", "debt_word"),
    ("contact_person", "email", "US", "en", "pass on", "tell your family and pass on", "US-REGF-6d1", "disclosure"),
    ("voicemail", "voicemail", "US", "en", "Please", "It is about your overdue account. Please", "US-REGF-2j", "debt_word"),
    ("voicemail", "voicemail", "US", "en", "{contact}", "{case}", "US-REGF-2j", "may not stand here"),
    ("voicemail", "voicemail", "US", "en", "{callback}", "us back", "US-REGF-2j", "'callback' is missing"),
    ("plan_missed", "email", "US", "en", "{opt_out}", TO, "US-REGF-6e", "'opt_out' is missing"),
    ("agency_notice", "app", "US", "zh", "{opt_out}", TO, "US-REGF-6e", "'opt_out' is missing"),
    ("validation_notice", "letter", "US", "en", "{dispute_channel}", TO, "US-REGF-34", "'dispute' is missing"),
    ("validation_notice", "email", "US", "en", "{balance}", TO, "US-REGF-34", "'balance' is missing"),
    ("bureau_notice", "letter", "US", "en", "Pay here", "Or we will sue you. Pay here", "US-REGF-26b", "legal_threat"),
    ("dunning_letter", "email", "UK", "en", "{debt_advice}", TO, "UK-CONC-7.3", "'debt_advice' is missing"),
    ("lawyers_letter", "letter", "UK", "zh", "{debt_advice}", TO, "UK-CONC-7.3", "'debt_advice' is missing"),
    ("settlement_offer", "sms", "UK", "en", "Questions", "Borrow from a friend! Questions", "UK-CONC-7.3", "pressure"),
    ("visit_notice", "sms", "UK", "en", "{reason}", "something", "UK-CONC-7.9.12", "'reason' is missing"),
    ("call_script", "visit", "UK", "en", "Agree only", "Say that bailiffs come. Agree only", "UK-CONC-7.11.6", "legal_threat"),
    ("suit_notice", "letter", "UK", "en", "Until then", "Or else. Until then", "UK-CONC-7.11.6", "threat"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "channel", "place", "language", "old", "new", "rule", "what"), UNLAWFUL)
def test_unlawful_changes_are_found(
    name: str, channel: str, place: str, language: str, old: str, new: str, rule: str, what: str
) -> None:
    good = draft(name, channel, language, place)
    assert old in good.text
    bad = Template(name, good.purpose, {language: good.text.replace(old, new)})
    found = [str(one) for one in template_problems(bad, laws.profile(place), channel)]
    assert any(rule in one and what in one for one in found), found


def test_lawful_words_are_not_taken_for_unlawful_ones() -> None:
    for text in (
        "谨防骗子冒充我行。",
        "We pay you back at once.",
        "请勿向他人透露您的密码。",
        "No one is to be blamed.",
    ):
        one = Template("t", "plan_service", {"en": "{sender} " + text + " {opt_out}"})
        for place in PLACES:
            assert template_problems(one, laws.profile(place), "sms") == []


# -- filling -----------------------------------------------------------------------------------------------------------


def test_a_hole_is_never_sent() -> None:
    one = draft("reminder", "sms", "en", "CN")
    with pytest.raises(Refused) as refused:
        rendered(one, {"sender": "Example Bank", "amount": " \n", "link": "\u202e"})
    assert [problem.what.split("'")[1] for problem in refused.value.problems] == [
        "amount", "account_tail", "due_date", "link", "phone",
    ]  # fmt: skip
    assert one.asks == ("sender", "amount", "account_tail", "due_date", "link", "phone")


VALUES = st.text(st.characters(exclude_categories=()), max_size=20)


@settings(max_examples=150, deadline=None)
@given(values=st.fixed_dictionaries(dict.fromkeys(("name", "address", "contact"), VALUES)))
def test_values_cannot_change_the_text(values: dict[str, str]) -> None:
    one = draft("dunning_letter", "letter", "zh", "CN")
    examples = laws.texts().examples("zh")
    try:
        said = rendered(one, {**examples, **values})
    except Refused as refused:
        empty = {problem.what.split("'")[1] for problem in refused.problems}
        assert all(not re.sub(r"\s", "", values[name]).isprintable() or not values[name].strip() for name in empty)
        return
    assert said.text.count("\n") == one.text.count("\n") and said.text.replace("\n", "").isprintable()
    pattern = re.escape(one.text)
    for name, value in {**examples, **one.says}.items():
        if name not in values:
            pattern = pattern.replace(re.escape("{" + name + "}"), re.escape(value))
    assert re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^\n]+", pattern), said.text)


def test_values_are_taken_literally_and_judged() -> None:
    examples = laws.texts().examples("en")
    one = draft("dunning_letter", "letter", "en", "US")
    assert "Dear {balance} %s \\1 x," in rendered(one, {**examples, "name": "{balance} %s \\1\r\nx"}).text
    assert "1 Prison Lane" in rendered(one, {**examples, "name": "A. Bailiff", "address": "1 Prison Lane"}).text
    with pytest.raises(Refused, match="US-REGF-26b"):
        rendered(one, {**examples, "reason": "pay, or we take you to\ncourt"})
    with pytest.raises(Refused, match="US-REGF-2j"):
        rendered(draft("voicemail", "voicemail", "en", "US"), {**examples, "sender": "Example Debt Collection"})
    warned = {**examples, "reason": "no legal action was taken so far"}
    assert rendered(draft("lawyers_letter", "letter", "en", "US"), warned)


PARTS = [
    ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
    ("a" * 152 + "€" + "a" * 152, 3), ("汉" * 70, 1), ("汉" * 71, 2), ("汉" * 134, 2), ("汉" * 135, 3),
    ("a" * 70 + "汉", 2), ("😀" * 35, 1), ("😀" * 36, 2), ("汉" * 66 + "😀" + "汉" * 66, 3), ("", 1), ("¥£$@Δ\n", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), PARTS)
def test_parts_of_a_text_message(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("minor", "currency", "en", "zh"),
    [
        (123456, "CNY", "¥1,234.56", "¥1,234.56"),
        (-5, "CNY", "-¥0.05", "-¥0.05"),
        (123456, "USD", "$1,234.56", "US$1,234.56"),
        (123456, "GBP", "£1,234.56", "£1,234.56"),
        (123456, "JPY", "JP¥123,456", "JP¥123,456"),
        (1234, "KWD", "KWD 1.234", "KWD 1.234"),
    ],
)
def test_money_and_dates_as_people_write_them(minor: int, currency: str, en: str, zh: str) -> None:
    assert (spoken.amount(minor, currency, "en"), spoken.amount(minor, currency, "zh")) == (en, zh)
    day = date(2026, 3, 5)
    assert (spoken.day(day, "en"), spoken.day(day, "zh")) == ("5 March 2026", "2026年3月5日")


# -- a lender's own ----------------------------------------------------------------------------------------------------

OWN = """fields:
  sender: {says: [{en: Sample Credit, zh: 样例信贷}]}
templates:
  reminder:
    purpose: collection
    texts:
    - {channels: [sms], profiles: [CN], zh: "【{sender}】请支付{amount}，{link}。{opt_out}"}
"""


def test_a_lenders_texts_are_taken_first(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    texts = laws.checked(tmp_path, PLACES)
    examples = texts.examples("zh")
    mine = rendered(texts.text_for("reminder", "sms", "zh", laws.profile("CN")), examples)
    assert mine.text == "【样例信贷】请支付¥1,234.56，https://example.com/p/0000。退订回T" and mine.segments == 1
    for channel, place in (("app", "CN"), ("sms", "UK")):
        other = texts.text_for("reminder", channel, "zh", laws.profile(place))
        assert other.text == draft("reminder", channel, "zh", place).text and other.says["sender"] == "样例信贷"
    write = laws.writer("CN", tmp_path)
    assert write("reminder", "sms", "zh", examples) == (None, mine.text)
    assert write("reminder", "email", "zh", examples)[0] == "您的还款尚未到账"
    for name, channel, language in (("reminder", "sms", "en"), ("reminder", "letter", "zh"), ("remind", "sms", "zh")):
        with pytest.raises(Refused) as refused:
            texts.text_for(name, channel, language, laws.profile("CN"))
        assert all(chinese(one.what) != one.what for one in refused.value.problems)


JUDGED = [  # a lender's text, and what is wrong with it
    ("{channels: [sms], zh: '{sender}：{link}'}", "'opt_out' is missing by HOUSE-WORDS"),
    ("{channels: [sms], profiles: [CN], en: '{sender}: we sue you. {opt_out}'}", "legal_threat"),
    ("{channels: [sms], en: '{sender}: {address} {address} {address} {address} {opt_out}'}", "up to 4 text messages, and 3"),
    ("{channels: [sms], segments: 1, zh: '{sender}{link}{address}{opt_out}'}", "up to 3 text messages, and 1"),
    ("{channels: [letter], en: '{sender} {name} {balance} {phone} {debt_advice}'}", "'subject' is missing on 'letter'"),
    ("{channels: [call], en: '{sender} {opt_out}'}", "'opt_out' says nothing on 'call' in 'en' under CN"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what"), JUDGED)
def test_a_lenders_texts_are_judged(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"templates: {{reminder: {{purpose: collection, texts: [{text}]}}}}", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        laws.checked(tmp_path, PLACES)
    found = [one for one in refused.value.problems if what in one.what]
    assert found and all(one.where.startswith(f"{file}:1:") for one in found), refused.value.problems
    assert all(chinese(one.what) != one.what for one in refused.value.problems)


def test_all_mistakes_at_once_with_places() -> None:
    wrong = """templates:
  a:
    purpose: collect
    about: {en: x}
    texts:
    - {channels: [phone], en: x, zh: 文}
    - {channels: [sms], profiles: [FR], segments: 0, subject: hi}
    - {channels: [app], en: x}
    - {channels: [electronic], en: y}
    - just words
  b: words
  reminder: {purpose: offer, texts: []}
fields:
  name: {longest: 0, example: {en: x}}
  phone: {says: [{en: ' '}]}
other: 1
"""
    with pytest.raises(Refused) as refused:
        read_texts({"a.yaml": wrong, "b.yaml": "templates: [", "c.yaml": "fields: {name: {longest: 1, example: {en: a, zh: 一}}}"}, PLACES, laws.texts())  # fmt: skip
    problems = refused.value.problems
    places = sorted({(int(line), int(column)) for one in problems for _, line, column in [one.where.split(":")]})
    assert places == [
        (1, 13), (1, 16), (3, 14), (4, 12), (6, 19), (7, 7), (7, 36), (7, 51), (7, 63), (9, 7), (10, 7), (11, 6),
        (12, 23), (12, 37), (14, 19), (14, 31), (15, 23), (16, 1),
    ]  # fmt: skip
    assert all(chinese(one.what) != one.what for one in problems if "not YAML" not in one.what)


# -- on the screen -----------------------------------------------------------------------------------------------------


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(language: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("TOCSIN_LANG", language)
        code = console.guarded(lambda: main.app(list(words), standalone_mode=False))
        out = capsys.readouterr()
        return code, out.out + out.err

    return run


def test_templates_on_the_screen(screen: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    count = len(laws.texts().written)
    assert screen("en", "templates", "check") == (0, f"{count} templates are lawful under CN, US, UK\n")
    assert screen("zh", "templates", "check", "--profile", "CN") == (0, f"{count}个模板在 CN 下均合规\n")
    code, said = screen("zh", "templates", "show", "dunning_letter", "--channel", "letter", "--profile", "CN")
    assert (
        code == 0 and "--- zh · dunning_letter · 催收 · 信函 · CN\n主题:关于您尾号0000账户的催收函\n示例客户：" in said
    )
    code, said = screen("en", "templates", "show", "reminder", "--channel", "sms", "--profile", "UK")
    assert code == 0 and "(text messages: 2)" in said
    (tmp_path / "own.yaml").write_text(OWN.replace("{opt_out}", "后果自负"), encoding="utf-8")
    code, said = screen("zh", "templates", "check", str(tmp_path))
    assert code == 2 and "按 CN-CARD-68,'后果自负' 属于禁用内容 'threat'" in said and "own.yaml:7:" in said
    changes = (
        "profile: CN\nchange: {HOUSE-WORDS: {checks: [{content: {channels: [direct], require: [sender, phone]}}]}}"
    )
    (tmp_path / "own.law").write_text(changes.replace(", phone", ", callback"), encoding="utf-8")
    code, said = screen("en", "templates", "check", "--profile", "CN", "--own", str(tmp_path / "own.law"))
    assert code == 2 and "'callback' is missing by HOUSE-WORDS" in said
    for words in (
        ("check", str(tmp_path / "nowhere")),
        ("check", "--profile", "FR"),
        ("check", "--own", str(tmp_path / "own.law")),
        ("check", "--profile", "US", "--own", str(tmp_path / "own.law")),
        ("show", "remindr", "--channel", "sms", "--profile", "CN"),
    ):
        code, said = screen("zh", "templates", *words)
        assert code == 2 and re.search("[\u4e00-\u9fff]", said), said


def test_the_data_is_all_there_and_goes_with_the_package() -> None:
    package = Path(laws.__file__).parents[1]
    assert {path.name for path in (package / "laws").iterdir()} == {*laws._LAWS, "words.yaml", "profiles.yaml"}
    assert {path.name for path in (package / "templates").iterdir()} == set(laws._TEMPLATES)
    listed = (package.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"laws/*.yaml", "templates/*.yaml"' in listed
    assert set(GROUPS["direct"]) == set(CHANNELS) - {"bureau", "court"}
