"""How many text messages a text takes: GSM-7 holds 160 septets, or 153 in each of several; UCS-2 70, or 67.

Source: 3GPP TS 23.038 (alphabets), TS 23.040 (user data header of 6 octets in each part).
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Signs that take an escape and a second septet."""


def segments(text: str) -> int:
    """The parts a text is sent in. No sign is cut in two, neither an escaped one nor a pair of surrogates."""
    if all(sign in _BASIC or sign in _EXTENDED for sign in text):
        return _parts([1 + (sign in _EXTENDED) for sign in text], 160, 153)
    return _parts([1 + (sign > "\uffff") for sign in text], 70, 67)


def _parts(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    parts, left = 1, each
    for size in sizes:
        if size > left:
            parts, left = parts + 1, each
        left -= size
    return parts
