"""The house kept tidy: banned idioms, each with what to write instead; documents that keep step with the code."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tocsin.facts.dealings import DEALINGS, given
from tocsin.facts.fields import FIELDS
from tocsin.facts.kinds import KINDS, allowed
from tocsin.facts.meanings import MEANINGS, meaning
from tocsin.policy.document import FUNCTIONS, LevelDocument, PolicyDocument, RuleDocument, SignalDocument
from tocsin.policy.expression import FUNCTIONS as CALLS
from tocsin.policy.expression import PARTS

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "tocsin"
MODULES = sorted(SOURCE.rglob("*.py"))
BELOW_DESK = ("values", "facts", "policy", "signals", "credit", "engine", "replay", "insight")

BANNED = [  # pattern, rooms where it is banned (all where empty), what to write instead
    (r"\beval\(", (), "parse with policy.expression; user text is never evaluated"),
    (r"\bexec\(", tuple(r for r in (*BELOW_DESK, "links", "desk", "faces") if r not in ("values", "engine")), "only values.kernel and the engine run generated source"),
    (r"datetime\.(now|today|utcnow)\(|\btime\.(time|monotonic)\(|date\.today\(", (*BELOW_DESK, "links", "faces"), "the desk reads the clock and hands it down"),
    (r"\bprint\(", (*BELOW_DESK, "links", "desk"), "return a value; faces print"),
    (r"\bsys\.exit\(|raise SystemExit", (*BELOW_DESK, "links", "desk"), "raise Refused with a Problem"),
    (r"\.execute\(", tuple(r for r in (*BELOW_DESK, "desk", "faces")), "SQL belongs to links and journal"),
    (r"\bopen\(|\.read_text\(|\.write_text\(", ("values", "facts", "policy", "signals", "credit", "replay", "insight"), "files belong to links; the desk fetches"),
    (r"\bos\.environ\b", (*BELOW_DESK, "links", "desk"), "faces read the environment and pass values"),
    (r"\brandom\.(random|choice|randint|seed)\b", (), "draw from a seeded numpy Generator"),
    (r"\bDecimal\(\d+\.\d+\)", (), "write the decimal as a text: Decimal('0.1')"),
    (r"TODO|FIXME|XXX\b(?!\")|NotImplementedError\(\)", (), "finish it, or leave it out"),
    (r"except Exception: *\n\s+pass", (), "say what may go wrong, and to whom it matters"),
]  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


@pytest.mark.parametrize(("pattern", "rooms", "instead"), BANNED)
def test_banned_idioms(pattern: str, rooms: tuple[str, ...], instead: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{text[: m.start()].count(chr(10)) + 1}"
        for path in MODULES
        if not rooms or room(path) in rooms
        for text in [path.read_text()]
        for m in re.finditer(pattern, text)
    ]
    assert not found, f"{instead}: {', '.join(found)}"


def test_every_module_says_what_it_is_for_and_fits_a_sitting() -> None:
    for path in MODULES:
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{path.relative_to(ROOT)} has no docstring"
        assert text.count("\n") <= 480, f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines: split it"


def test_the_repository_speaks_of_the_product_alone() -> None:
    files = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    )
    foreign = re.compile(r"(?<![\w.~}])/(?:home|root|tmp|work|Users)/\w|--(?:extra-)?index-url|--find-links")
    for name in filter(None, files):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or path.suffix in (".png", ".gz", ".parquet"):
            continue
        found = foreign.search(path.read_text(encoding="utf-8"))
        assert not found, f"{name} names {found[0] if found else ''}"


def test_documents_name_every_word_of_the_language() -> None:
    reference = (ROOT / "docs" / "policy-reference.md").read_text()
    models = (PolicyDocument, SignalDocument, LevelDocument, RuleDocument)
    words = {key for model in models for key in model.model_fields} | {*FUNCTIONS, *CALLS, *PARTS}
    missing = sorted(
        word
        for word in words
        if f"`{word}`" not in reference and f"`{word}:`" not in reference and f"`{word}(" not in reference
    )
    assert not missing, f"docs/policy-reference.md does not explain {', '.join(missing)}"


def test_documents_name_every_kind_and_field() -> None:
    text = (ROOT / "docs" / "facts.md").read_text()
    fields = {name for kind in DEALINGS for name in given(kind)}
    missing = sorted(word for word in (*KINDS, *FIELDS, *DEALINGS, *fields) if f"`{word}`" not in text)
    assert not missing, f"docs/facts.md does not explain {', '.join(missing)}"


def test_kinds_and_fields_are_one_vocabulary() -> None:
    used = {name for kind in KINDS for name in allowed(kind)}
    assert used == set(FIELDS)
    assert all(KINDS[kind].__doc__ for kind in KINDS)
    assert all(field.en and field.zh for field in FIELDS.values())
    told = {(kind, name) for kind in DEALINGS for name in given(kind)}
    assert all(en and zh for kind, name in told for en, zh in [meaning(kind, name)])
    assert set(MEANINGS) <= {name for _, name in told} | {f"{kind}.{name}" for kind, name in told}


def test_both_readmes_keep_step() -> None:
    english, chinese = (ROOT / "README.md").read_text(), (ROOT / "README.zh-CN.md").read_text()
    for pattern in (r"^```[\s\S]*?^```", r"!\[[^\]]*\]\(([^)]*)\)", r"^#+ "):
        assert len(re.findall(pattern, english, re.M)) == len(re.findall(pattern, chinese, re.M)), pattern
    code = re.findall(r"^    (make \w+|tocsin .*)$", english, re.M)
    assert code and code == re.findall(r"^    (make \w+|tocsin .*)$", chinese, re.M)


def test_documents_link_to_what_exists() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"
