"""Where people live, by profile: money, zones, languages, addresses that nobody has.

Numbers come from ranges that are kept free for such use: the US exchange 555-01xx, Ofcom's ranges for drama,
and for China the prefix 100, which no mobile has. Mailboxes are at example.com (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass

_DRAMA = (
    "113496", "114496", "115496", "116496", "117496", "118496", "121496", "131496", "141496", "151496", "161496",
    "191498", "163296", "207946", "292018",
)  # fmt: skip
"""UK: each with four digits from 0000 to 0999."""


@dataclass(frozen=True, slots=True)
class Place:
    """Amounts are minor units of `currency`; `monthly` is the rate of interest a month, `floor` the least minimum."""

    currency: str
    country: str
    zone: str
    zones: tuple[tuple[tuple[str, ...], float], ...]
    """Zones in which somebody may be, by share."""
    chinese: float
    """Share of people who are written to in Chinese."""
    income: int
    days_to_pay: int
    monthly: float
    least: float
    """Share of the balance that a statement asks for."""
    floor: int
    fee: int
    """For being late; 0: a twentieth of what is unpaid."""


PLACES = {
    "CN": Place(
        "CNY", "CN", "Asia/Shanghai", ((("Asia/Shanghai",), 0.93), (("Asia/Urumqi",), 0.05), (("Asia/Shanghai", "Asia/Urumqi"), 0.02)),
        0.96, 900_000, 20, 0.0150, 0.10, 5_000, 0,
    ),
    "US": Place(
        "USD", "US", "America/New_York",
        ((("America/New_York",), 0.44), (("America/Chicago",), 0.28), (("America/Los_Angeles",), 0.16), (("America/Denver",), 0.06),
         (("America/Phoenix",), 0.02), (("America/New_York", "America/Los_Angeles"), 0.03), (("Pacific/Honolulu",), 0.01)),
        0.01, 450_000, 25, 0.0180, 0.03, 3_500, 3_000,
    ),
    "UK": Place(
        "GBP", "GB", "Europe/London", ((("Europe/London",), 0.99), (("Europe/London", "Europe/Madrid"), 0.01)),
        0.01, 260_000, 25, 0.0170, 0.03, 2_500, 1_200,
    ),
}  # fmt: skip


def phone(profile: str, number: int) -> str:
    """The number-th telephone number that nobody has: one for each number below 15,000."""
    if profile == "US":
        return f"+1{201 + number // 100}55501{number % 100:02d}"
    if profile == "UK":
        return f"+44{_DRAMA[number // 1000]}0{number % 1000:03d}"
    return f"+86100{number:08d}"


def home(profile: str, number: int) -> str:
    """A postal address, line by line."""
    return {
        "CN": f"示例市示例路{number}号",
        "US": f"{number} Example Street\nExampletown",
        "UK": f"{number} Example Road\nExampleton",
    }[profile]
