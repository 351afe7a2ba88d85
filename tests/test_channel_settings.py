"""Channels and the letterhead in tocsin.yaml: what they say, and every mistake with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandboxed import SECRET
from tocsin.desk import settings
from tocsin.faces.chinese import told as told_in
from tocsin.links.folder import Folder
from tocsin.links.mail import Mailbox
from tocsin.links.provider import Provider
from tocsin.values.problem import Refused

ENVIRONMENT = {"TOKEN": "word", "SECRET": SECRET, "SHORT": "c2hvcnQ="}
WHOLE = """
channels:
  sms: {provider: 'https://sms.example.com/v1', token: TOKEN, secrets: [SECRET]}
  email: {mail: {from: service@bank.example, reply_to: help@bank.example, host: mail.bank.example}}
  letter: {folder: post}
letterhead: {zh: [示例银行, 示例路1号], en: [Example Bank], signature: {zh: 贷后管理部}}
"""


def test_channels_of_a_document(tmp_path: Path) -> None:
    read = settings.read(WHOLE, "tocsin.yaml", ENVIRONMENT, tmp_path)
    assert [one.name for one in read.channels] == ["channel:sms", "channel:email", "channel:letter"]
    assert read.channel("sms").to == Provider("https://sms.example.com/v1", "word", (SECRET,))
    assert read.channel("letter").to == Folder(tmp_path / "post") and read.channel("call").to is None
    box = read.channel("email").to
    assert isinstance(box, Mailbox) and (box.to, box.reply_to, box.starttls) == ((), "help@bank.example", True)
    assert read.letterhead is not None and read.letterhead.signature == {"zh": "贷后管理部", "en": "Example Bank"}
    assert "word" not in repr(read) and SECRET[6:] not in repr(read)


BAD = """channels:
  smss: {provider: 'https://x.example', token: TOKEN}
  sms: {provider: 'http://sms.example.com', secrets: [SHORT], tokn: TOKEN}
  call: {}
  app: {folder: post}
  voicemail: {mail: {from: a@bank.example, host: h, replyto: b@bank.example}}
  ai_call: {provider: 'https://u:p@x.example', token: word}
  letter: {folder: post, secrets: [SECRET]}
"""


def test_every_mistake_in_channels_is_told_at_once_in_both_languages() -> None:
    with pytest.raises(Refused) as refused:
        settings.read(BAD, "t.yaml", ENVIRONMENT)
    variable = "write a name in capitals, as TOCSIN_CORE_SECRET, and put the secret into that variable"
    short = "set it to 24 to 64 random bytes in base64, as `openssl rand -base64 32` makes them"
    assert [str(problem).removeprefix("t.yaml:") for problem in refused.value.problems] == [
        "2:3: unknown key 'smss'; did you mean 'sms'?",
        "3:8: a provider needs a token; add 'token:' with the name of an environment variable",
        "3:19: the address does not begin with 'https://'; 'http://' is for this machine alone",
        f"3:55: the environment variable 'SHORT' holds no webhook secret; {short}",
        "3:63: unknown key 'tokn'; did you mean 'token'?",
        "4:9: a channel is a provider, a mail server or a folder; give it one of 'provider:', 'mail:' and 'folder:'",
        "5:8: only letters go to a folder; give it a 'provider:'",
        "6:14: only e-mail goes by a mail server; give it a 'provider:'",
        "6:53: unknown key 'replyto'; did you mean 'reply_to'?",
        "7:23: a password stands in the address; take it out: 'token' names the variable that holds it",
        f"7:55: this is not the name of an environment variable; {variable}",
        "8:11: letters need a letterhead; add 'letterhead:' with the lines of the sender in 'zh' and 'en'",
        "8:26: only a provider has 'secrets'; leave 'secrets' out",
    ]
    for problem in refused.value.problems:
        assert max(told_in(problem, "zh")) >= "\u4e00", problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{zh: [a], en: [b], timezone: Mars}", "'Mars' is no time zone; write a name of the IANA, as 'Asia/Shanghai'"),
        ("{zh: [a], en: [b], font: none.ttf}", "there is no font 'none.ttf'; name a TrueType or OpenType file"),
        ("{zh: [], en: [b]}", "zh: list should have at least 1 item"),
        ("{zh: [a]}", "'en' is missing; add 'en:'"),
        ("{zh: [a], en: [b], signature: {zg: a}}", "unknown key 'zg'; "),
    ],
)
def test_mistakes_in_a_letterhead(text: str, expected: str) -> None:
    with pytest.raises(Refused) as refused:
        settings.read(f"letterhead: {text}", "t.yaml", {})
    assert expected in str(refused.value)
