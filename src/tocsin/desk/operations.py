"""Operations: what makes or changes something. The only place that reads a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.desk import policies
from tocsin.engine import warnings
from tocsin.engine.tables import LEVELS
from tocsin.facts.intake import Terms
from tocsin.insight.backtest import Assessed, LevelCard, RuleCard, Tally, Warned
from tocsin.links.files import FactFile
from tocsin.links.results import Folder, ahead
from tocsin.links.writing import FactWriter
from tocsin.policy.check import PLACEHOLDER
from tocsin.policy.policy import Policy
from tocsin.replay.backtest import Backtest, Outcome
from tocsin.replay.bank import Bank
from tocsin.replay.bank import simulate as simulated
from tocsin.values import instant
from tocsin.values.kernel import NULL

Progress = Callable[[str, int, int], None]
Page = Callable[[dict[str, Any], dict[str, Any]], str]


def backtest(
    *,
    facts: Path,
    policy: Path,
    out: Path,
    kernels: Path,
    page: Page,
    mapping: Path | None = None,
    label: str | None = None,
    progress: Progress = lambda stage, done, of: None,
) -> dict[str, Any]:
    """Run a policy over a file of facts and write the results to a folder.

    `assessments.parquet`, `warnings.parquet`, `levels.parquet`, `summary.json`, `report.html` (made
    by `page` from the summary and its heading) and, where rows were set aside, `rejects.ndjson`.
    Returns the summary. Refused where policy, mapping or file cannot be used.
    """
    began = time.monotonic()
    checked = policies.policy(policy)
    mapped = policies.mapping(mapping)
    label = label or (mapped.label if mapped else None)
    terms = Terms(instant.micros(datetime.now(UTC)), checked.currency, checked.lateness, label)
    run = Backtest(checked, kernels, label is not None)
    tally = Tally(_levels(checked), _rules(checked), checked.timezone, label is not None)
    with FactFile(facts, terms, mapped) as file, Folder(out) as folder:
        coded = ahead(run.code(batch) for batch in file.batches(progress))
        progress("prepare", 0, 1)
        run.prepare()
        progress("prepare", 1, 1)
        with (
            folder.table("assessments.parquet", run.tables.schema) as assessments,
            folder.table("warnings.parquet", warnings.SCHEMA) as told,
            folder.table("levels.parquet", LEVELS) as levels,
        ):
            folded = ahead(run.assess(*one) for one in coded)
            for outcome in ahead(run.outcome(*one) for one in folded):
                assessments.write_batch(outcome.assessments)
                told.write_batch(outcome.warnings)
                levels.write_batch(outcome.levels)
                _count(tally, outcome, run, label is not None)
            levels.write_batch(run.close())
        reading = file.reading
        heading = {
            "title": dict(checked.title),
            "policy": checked.name,
            "version": checked.version,
            "digest": checked.digest,
            "currency": checked.currency,
            "source": facts.name,
            "read": reading.rows,
            "rejected": len(reading.rejects),
            "duplicates": reading.repeated,
            "label": label,
            "levels": [asdict(level) for level in _levels(checked)],
            "rules": [asdict(rule) for rule in _rules(checked)],
        }
        summary: dict[str, Any] = {**heading, **tally.summary(), "state_bytes": run.engine.memory()}
        summary["seconds"] = round(time.monotonic() - began, 3)
        folder.json("summary.json", summary)
        folder.text("report.html", page(summary, {**heading, "seconds": summary["seconds"]}))
        if reading.rejects:
            folder.rejects("rejects.ndjson", reading.rejects)
    if not reading.rejects:
        (out / "rejects.ndjson").unlink(missing_ok=True)
    return summary


def _levels(policy: Policy) -> list[LevelCard]:
    return [LevelCard(level.name, dict(level.title), level.colour) for level in policy.levels]


def _rules(policy: Policy) -> list[RuleCard]:
    """A rule's sentence without a fact: what it shows of one stands there by name."""
    says = [{language: PLACEHOLDER.sub(r"‹\1›", text) for language, text in rule.say.items()} for rule in policy.rules]
    return [RuleCard(rule.name, rule.level, rule.points, say) for rule, say in zip(policy.rules, says, strict=True)]


def _count(tally: Tally, outcome: Outcome, run: Backtest, labelled: bool) -> None:
    assessed = outcome.assessed
    n = len(assessed.order)
    amount = np.zeros(n, np.int64)
    if "amount" in outcome.facts.schema.names:
        amount = outcome.facts.column("amount").fill_null(0).to_numpy(zero_copy_only=False)
    label = np.full(n, -1, np.int8)
    if labelled:
        label = outcome.facts.column("label").cast(pa.int8()).fill_null(-1).to_numpy(zero_copy_only=False)
    key = assessed.inputs[run.engine.program.watch_slot]
    key = np.where(key == NULL, -1, key)
    tally.add(
        Assessed(assessed.inputs[0], key, amount, assessed.fired, assessed.top, assessed.score, assessed.level, label)
    )
    rows, rules = warnings.rules_of(assessed.told, len(run.engine.policy.rules))
    ranks = np.array([rule.level for rule in run.engine.policy.rules], np.int8)
    tally.warn(Warned(assessed.inputs[0][rows], rules.astype(np.int32), ranks[rules], key[rows]))


def simulate(*, bank: Bank, out: Path, progress: Progress = lambda stage, done, of: None) -> int:
    """Write the facts of a simulated bank to a file (.parquet, .ndjson or .csv); how many there are."""
    with FactWriter(out) as writer:
        for batch in ahead(simulated(bank, lambda done, of: progress("simulate", done, of))):
            writer.write(batch)
    return writer.facts
