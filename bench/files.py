"""The workload as a file of facts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.workload import events, texts


def write(path: Path, n: int) -> None:
    """n events as canonical facts in Parquet."""
    if path.exists():
        return
    data, words = events(n), texts()

    def column(name: str) -> pa.Array:
        coded = pa.DictionaryArray.from_arrays(data[name].astype(np.int32), pa.array(words[name]))
        return coded.cast(pa.string())

    table = pa.table(
        {
            "fact_id": pa.array([f"E{i:09d}" for i in range(n)]),
            "kind": column("kind"),
            "occurred_at": pa.array(data["time"]).view(pa.timestamp("us", tz="UTC")),
            "account": column("account"),
            "amount": pa.array(data["amount"]),
            "currency": pa.array(["CNY"] * n),
            "country": column("country"),
            "device": column("device"),
            "merchant": column("merchant"),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", row_group_size=131_072)
