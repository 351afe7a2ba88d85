"""Results to a folder: written aside and moved into place at the end, so that nothing is half done."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.facts.intake import Reject
from tocsin.values.problem import Problem, Refused

T = TypeVar("T")
_END = object()


class Folder:
    """An output folder. Files appear in it all at once when the context ends well, else not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.draft = path / f".draft-{os.getpid()}"
        try:
            self.draft.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(Problem(f"the folder cannot be written ({error.strerror})", str(path), "name another with --out")) from None

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            for file in sorted(self.draft.iterdir()):
                file.replace(self.path / file.name)
        shutil.rmtree(self.draft, ignore_errors=True)

    def text(self, name: str, text: str) -> None:
        (self.draft / name).write_text(text, encoding="utf-8")

    def json(self, name: str, value: Any) -> None:
        self.text(name, json.dumps(value, ensure_ascii=False, indent=1) + "\n")

    def rejects(self, name: str, rejects: Iterable[Reject]) -> None:
        self.text(name, "".join(json.dumps(asdict(reject), ensure_ascii=False) + "\n" for reject in rejects))

    def table(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        """A Parquet file of many columns, quick to write: numbers are split by byte, words are coded."""
        words = [f.name for f in schema if pa.types.is_dictionary(f.type)] + ["fired.list.element"]
        floats = {f.name: "BYTE_STREAM_SPLIT" for f in schema if pa.types.is_floating(f.type)}
        return pq.ParquetWriter(
            self.draft / name,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in words if name.split(".")[0] in schema.names],
            column_encoding=floats or None,
            write_statistics=False,
        )


def ahead(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """The same items, made in a thread of their own a little ahead of their use."""
    queue: Queue[Any] = Queue(depth)
    stop = False

    def run() -> None:
        try:
            for item in items:
                if stop:
                    return
                queue.put(item)
            queue.put(_END)
        except BaseException as error:
            queue.put(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop = True
        while thread.is_alive():
            while not queue.empty():
                queue.get_nowait()
            thread.join(0.01)
