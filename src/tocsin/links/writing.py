"""Facts to a file: Parquet, NDJSON or CSV, by its ending; whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from tocsin.facts.schema import SCHEMA
from tocsin.values.problem import Problem, Refused

FORMS = (".parquet", ".ndjson", ".csv")


class FactWriter:
    """Writes batches of the canonical schema. The file appears when the context ends well."""

    def __init__(self, path: Path) -> None:
        if path.suffix not in FORMS:
            raise Refused(
                Problem(f"'{path.suffix}' is not a form of facts", str(path), "end the name with " + ", ".join(FORMS))
            )
        self.path = path
        self.draft = path.with_name(f".{path.name}.{os.getpid()}")
        self.facts = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.sink: Any = self._open()
        except OSError as error:
            raise Refused(
                Problem(f"the file cannot be written ({error.strerror})", str(path), "name another with --out")
            ) from None

    def _open(self) -> pq.ParquetWriter | pa.csv.CSVWriter | IO[bytes]:
        if self.path.suffix == ".parquet":
            return pq.ParquetWriter(self.draft, SCHEMA, compression="zstd")
        return pa.csv.CSVWriter(self.draft, SCHEMA) if self.path.suffix == ".csv" else self.draft.open("wb")

    def write(self, batch: pa.RecordBatch) -> None:
        self.facts += batch.num_rows
        if self.path.suffix != ".ndjson":
            self.sink.write_batch(batch)
            return
        encode = msgspec.json.Encoder().encode
        lines = [encode({name: value for name, value in row.items() if value is not None}) for row in batch.to_pylist()]
        self.sink.write(b"".join(line + b"\n" for line in lines))

    def __enter__(self) -> FactWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.sink.close()
        if kind is None:
            self.draft.replace(self.path)
        else:
            self.draft.unlink(missing_ok=True)
