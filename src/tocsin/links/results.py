"""Results to a folder: written aside and moved into place at the end, so that nothing is half done."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, TypeVar

import msgspec
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
        self.made = [folder for folder in (path, *path.parents) if not folder.exists()]
        try:
            self.draft.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                Problem(f"the folder cannot be written ({error.strerror})", str(path), "name another with --out")
            ) from None

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            for file in sorted(self.draft.iterdir()):
                file.replace(self.path / file.name)
        shutil.rmtree(self.draft, ignore_errors=True)
        if kind is not None:
            with suppress(OSError):
                for folder in self.made:
                    folder.rmdir()

    def text(self, name: str, text: str) -> None:
        (self.draft / name).write_text(text, encoding="utf-8")

    def json(self, name: str, value: Any) -> None:
        self.text(name, json.dumps(value, ensure_ascii=False, indent=1) + "\n")

    def rejects(self, name: str, rejects: Iterable[Reject]) -> None:
        encode = msgspec.json.Encoder().encode
        with (self.draft / name).open("wb") as file:
            file.writelines(encode(reject) + b"\n" for reject in rejects)

    def table(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        """A Parquet file of many columns, quick to write: words coded, whole numbers as steps, others split by byte."""
        words = [f.name for f in schema if pa.types.is_dictionary(f.type)] + ["fired.list.element"]
        steps = [f.name for f in schema if pa.types.is_integer(f.type) or pa.types.is_timestamp(f.type)]
        split = [f.name for f in schema if pa.types.is_floating(f.type)]
        return pq.ParquetWriter(
            self.draft / name,
            schema,
            compression="lz4",
            use_dictionary=[name for name in words if name.split(".")[0] in schema.names],
            column_encoding=dict.fromkeys(steps, "DELTA_BINARY_PACKED") | dict.fromkeys(split, "BYTE_STREAM_SPLIT"),
            write_statistics=False,
        )


def ahead(items: Iterable[T], depth: int = 1) -> Iterator[T]:
    """The same items, made in a thread of their own a little ahead of their use; it begins at once."""
    queue: Queue[Any] = Queue(depth)
    stop = Event()

    def run() -> None:
        try:
            for item in items:
                if stop.is_set():
                    return
                queue.put(item)
            queue.put(_END)
        except BaseException as error:
            queue.put(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    return _drained(queue, thread, stop)


def _drained(queue: Queue[Any], thread: Thread, stop: Event) -> Iterator[Any]:
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        while thread.is_alive():
            while not queue.empty():
                queue.get_nowait()
            thread.join(0.01)
