"""The settings document: what it says, and every mistake in it with its place and its remedy."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from tocsin.desk import settings
from tocsin.faces.chinese import told
from tocsin.links.mail import Mailbox
from tocsin.links.webhooks import Endpoint
from tocsin.values.problem import Problem, Refused

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
ENVIRONMENT = {"CORE_1": SECRET, "CORE_2": SECRET[6:], "MAIL_USER": "tocsin", "MAIL_PASSWORD": "hidden-word"}
WHOLE = """
listen: {host: 0.0.0.0, port: 9000}
limits: {decision_bytes: 32768, requests_per_second: 500}
journal: data/bank.db
inbox: incoming
destinations:
  - name: core
    webhook: https://core.bank.example/warnings
    types: [warning.raised]
    level: yellow
    secrets: [CORE_1, CORE_2]
  - name: risk-desk
    mail:
      to: [risk@bank.example, night@bank.example]
      from: tocsin@bank.example
      host: mail.bank.example
      user_env: MAIL_USER
      password_env: MAIL_PASSWORD
    types: [warning.raised, decision.created]
    language: zh
give_up: 24 hours
"""


def mistakes(text: str, environment: dict[str, str] | None = None) -> list[Problem]:
    with pytest.raises(Refused) as refused:
        settings.read(text, "tocsin.yaml", ENVIRONMENT if environment is None else environment)
    return list(refused.value.problems)


def test_a_whole_document(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(WHOLE)
    read = settings.load(tmp_path / "tocsin.yaml", ENVIRONMENT)
    assert (read.listen.host, read.listen.port) == ("0.0.0.0", 9000)
    assert (read.limits.decision_bytes, read.limits.batch_bytes) == (32_768, 16_777_216)
    assert read.journal == str(tmp_path / "data" / "bank.db") and read.inbox == tmp_path / "incoming"
    assert read.give_up == 24 * 3600 * 1_000_000
    core, desk = read.destinations
    assert core.to == Endpoint("https://core.bank.example/warnings", (SECRET, SECRET[6:]))
    assert (set(core.types), core.level, core.language) == ({"warning.raised"}, "yellow", "en")
    assert isinstance(desk.to, Mailbox) and desk.to.to == ("risk@bank.example", "night@bank.example")
    assert (desk.to.port, desk.to.starttls, desk.to.password, desk.language) == (587, True, "hidden-word", "zh")
    assert read.destination("core") is core and read.destination("nobody") is None
    assert SECRET[6:] not in repr(read) and "hidden-word" not in repr(read)


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    read = settings.load(None, {}, tmp_path)
    assert (read.listen.host, read.listen.port, read.destinations, read.inbox) == ("127.0.0.1", 8000, (), None)
    assert read.journal == str(tmp_path / "tocsin.db") and read.give_up == 72 * 3600 * 1_000_000
    (tmp_path / "tocsin.yaml").write_text("listen: {port: 0}")
    assert settings.load(None, {}, tmp_path).listen.port == 0
    with pytest.raises(Refused, match=r"it cannot be read \(No such file or directory\)"):
        settings.load(tmp_path / "other.yaml", {})


def test_the_database_of_the_environment_comes_first() -> None:
    url = "postgresql://tocsin:word@db.bank.example/tocsin"
    assert settings.read(WHOLE, "tocsin.yaml", {**ENVIRONMENT, settings.DATABASE_URL: url}).journal == url
    (problem,) = mistakes("listen: {}", {settings.DATABASE_URL: "mysql://root:word@db/x"})
    assert problem.where == "TOCSIN_DATABASE_URL" and "word" not in str(problem)


BAD = """listen: {port: 80000, hots: a}
limits: []
jurnal: x.db
destinations:
- name: Core
  webhook: http://core.bank.example/warnings
  types: [warning.rised]
  secrets: [whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3, MISSING, SHORT]
  level: 3
- name: desk
  mail: {to: [risk], from: a@b.example, host: mail.bank.example, user_env: MAIL_USER}
  secrets: [CORE_1]
  language: fr
- name: desk
- webhook: https://user:word@core.bank.example/
give_up: 3 months
"""


def test_every_mistake_is_told_at_once() -> None:
    told_ = [str(problem) for problem in mistakes(BAD, {**ENVIRONMENT, "SHORT": "c2hvcnQ="})]
    assert told_ == [
        "tocsin.yaml:1:16: port: input should be less than or equal to 65535",
        "tocsin.yaml:1:23: unknown key 'hots'; did you mean 'host'?",
        "tocsin.yaml:2:9: this is not a document of names and values; write lines of 'name: value'",
        "tocsin.yaml:3:1: unknown key 'jurnal'; did you mean 'journal'?",
        "tocsin.yaml:5:9: 'Core' is not a valid name; use small letters, digits, '-' and '_', a letter first",
        "tocsin.yaml:6:12: the address does not begin with 'https://'; 'http://' is for this machine alone",
        "tocsin.yaml:7:11: unknown type of message 'warning.rised'; did you mean 'warning.raised'?",
        "tocsin.yaml:8:13: this is not the name of an environment variable; write a name in capitals, as "
        "TOCSIN_CORE_SECRET, and put the secret into that variable",
        "tocsin.yaml:8:53: the environment variable 'MISSING' is not set; set it before the start",
        "tocsin.yaml:8:62: the environment variable 'SHORT' holds no webhook secret; set it to 24 to 64 random bytes "
        "in base64, as `openssl rand -base64 32` makes them",
        "tocsin.yaml:9:10: '3' is not a valid name; use small letters, digits, '-' and '_', a letter first",
        "tocsin.yaml:11:15: 'risk' is not a mail address; write one as 'risk@bank.example'",
        "tocsin.yaml:12:3: only webhooks are signed; leave 'secrets' out",
        "tocsin.yaml:13:13: language: input should be 'en' or 'zh'",
        "tocsin.yaml:14:3: a destination is a webhook or a mailbox; give it one of 'webhook:' and 'mail:'",
        "tocsin.yaml:14:9: two destinations are called 'desk'; rename one of them",
        "tocsin.yaml:15:3: a webhook needs a secret to sign with; add 'secrets:' with the names of environment variables",
        "tocsin.yaml:15:3: 'name' is missing; add 'name:'",
        "tocsin.yaml:15:12: a password stands in the address; take it out: messages are signed instead",
        "tocsin.yaml:16:10: '3 months': a month has no fixed length; write it in days, as '30 days'",
    ]


def test_mistakes_are_told_in_chinese() -> None:
    for problem in mistakes(BAD, {**ENVIRONMENT, "SHORT": "c2hvcnQ="}):
        text = told(problem, "zh").replace("TOCSIN_CORE_SECRET", "").removeprefix("tocsin.yaml")
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert not re.findall(r"[A-Za-z]{3,}", re.sub(r"'[^']*'|`[^`]*`", "", text)), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("journal: mysql://db/x", "names neither a database nor a file"),
        ("journal: ''", "names neither a database nor a file"),
        ("journal: postgresql://u:word@db/x", "give the whole address in TOCSIN_DATABASE_URL instead"),
        ("give_up: 5", "'5' is not a duration"),
        ("give_up: 10 seconds", "'10 seconds' is too short; give at least '1 minute'"),
        ("destinations: {a: b}", "destinations: input should be a valid list"),
        ("destinations: [3]", "tocsin.yaml:1:16: this is not a document of names and values"),
        ("destinations: [{name: a, webhook: 'https://[', secrets: [CORE_1]}]", "not the address of a webhook"),
        ("destinations: [{name: a, webhook: 'ftp://x.example', secrets: [CORE_1]}]", "begin with 'https://'"),
        (
            "destinations: [{name: a, mail: {to: [], from: a@b.example, host: h}}]",
            "to: list should have at least 1 item",
        ),
        (
            "destinations: [{name: a, mail: {to: [a@b.example], from: a@b.example, host: h, user_env: MAIL_USER}}]",
            "'user_env' and 'password_env' belong together",
        ),
        (
            "destinations: [{name: a, mail: {to: [a@b.example], frm: a@b.example, host: h}}]",
            "unknown key 'frm'; did you mean 'from'?",
        ),
        (
            "destinations: [{name: a, mail: {to: [a@b.example], from: a@b.example, host: h, starttls: no, port: 25, "
            "user_env: MAIL_USER, password_env: MAIL_PASSWORD}}]",
            "the password would be sent for everybody on the way to read; write 'starttls: true', or use port 465",
        ),
    ],
)
def test_single_mistakes(text: str, expected: str) -> None:
    told_ = "\n".join(map(str, mistakes(text)))
    assert expected in told_ and "word@" not in told_


@pytest.mark.parametrize(
    "text", [base64.b64encode(b"0" * 32).decode(), base64.b64encode(b"0" * 32).decode().rstrip("=")]
)
def test_a_secret_as_openssl_makes_it(text: str) -> None:
    given = "destinations: [{name: a, webhook: 'https://x.example', secrets: [CORE_1]}]"
    (one,) = settings.read(given, "t.yaml", {"CORE_1": text}).destinations
    assert isinstance(one.to, Endpoint) and one.to.secrets == (text,)


def test_levels_are_those_of_the_policy() -> None:
    read = settings.read(WHOLE, "tocsin.yaml", ENVIRONMENT)
    settings.check_levels(read, ["blue", "yellow"])
    with pytest.raises(Refused, match=r"tocsin.yaml:10:12: unknown level 'yellow'; use one of: calm, grave"):
        settings.check_levels(read, ["calm", "grave"])


def test_http_is_for_this_machine() -> None:
    text = "destinations: [{name: a, webhook: 'http://127.0.0.1:9/x', secrets: [CORE_1]}]"
    assert settings.read(text, "tocsin.yaml", ENVIRONMENT).destinations[0].name == "a"
