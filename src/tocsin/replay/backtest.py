"""A backtest: old facts, another policy, the same engine. Streams; holds no more than its state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.assess import Assessments, Engine
from tocsin.engine.inputs import Matrix
from tocsin.engine.tables import Tables
from tocsin.engine.warnings import Warner
from tocsin.policy.policy import Policy


@dataclass(frozen=True)
class Outcome:
    """What one batch of facts led to."""

    facts: pa.RecordBatch
    assessed: Assessments
    assessments: pa.RecordBatch
    warnings: pa.RecordBatch
    levels: pa.RecordBatch


class Backtest:
    """Folds batches of facts, in ingest order, into outcomes."""

    def __init__(self, policy: Policy, kernels: Path | None, labelled: bool = False) -> None:
        self.engine = Engine(policy, kernels)
        self.tables = Tables(self.engine, labelled)
        self.warner = Warner(self.engine)
        self.until = 0

    def prepare(self) -> None:
        """Have the kernel compiled, or fetched where it was before."""
        self.engine.prepare()

    def code(self, facts: pa.RecordBatch) -> tuple[pa.RecordBatch, Matrix]:
        """A batch with its numbers. May run beside `assess` of earlier batches."""
        return facts, self.engine.program.inputs.encode(facts)

    def assess(self, facts: pa.RecordBatch, inputs: Matrix) -> tuple[pa.RecordBatch, Assessments]:
        """Fold a batch into the state."""
        assessed = self.engine.fold(inputs)
        self.until = max(self.until, int(np.max(assessed.inputs[1], initial=0)))
        return facts, assessed

    def outcome(self, facts: pa.RecordBatch, assessed: Assessments) -> Outcome:
        """What a folded batch led to. May run beside `assess` of later batches."""
        told = self.warner.warnings(assessed, facts.column("fact_id"))
        levels = self.tables.changes(assessed.changes, facts)
        return Outcome(facts, assessed, self.tables.assessments(facts, assessed), told, levels)

    def close(self) -> pa.RecordBatch:
        """The level changes that quiet time brings by the last fact."""
        return self.tables.changes(self.engine.settle(self.until), None)
