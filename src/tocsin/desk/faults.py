"""Why something that was asked of the live service was not done."""

from __future__ import annotations


class Fault(Exception):
    """What is wrong and what to do, with the HTTP status that says so: a value in a list of answers, or raised.

    `status`: 400 not readable at all, 404 there is no such thing, 409 the same id with other content,
    422 readable but no fact, 503 not now. `field` and `fact_id` where one is to blame.
    """

    def __init__(self, status: int, reason: str, remedy: str, field: str = "", fact_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}; {remedy}" if field else f"{reason}; {remedy}")
        self.status, self.reason, self.remedy, self.field, self.fact_id = status, reason, remedy, field, fact_id
