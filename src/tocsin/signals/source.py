"""Python source, line by line, with its indentation."""

from __future__ import annotations


class Source:
    """A text of source being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def put(self, *lines: str) -> None:
        self.lines.extend(" " * self.depth + line for line in lines)

    def inside(self, line: str) -> Inside:
        self.put(line)
        return Inside(self)

    def done(self) -> str:
        text = "\n".join(self.lines) + "\n\n\n"
        self.lines = []
        return text


class Inside:
    """An indented block of the source being written."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __enter__(self) -> None:
        self.source.depth += 1

    def __exit__(self, *exception: object) -> None:
        self.source.depth -= 1
