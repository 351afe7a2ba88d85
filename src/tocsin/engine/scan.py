"""The kernel of `Coder`: facts as lines of canonical JSON to rows of numbers, without an object for each value.

`text` holds lines as `wire` writes them: flat objects, no blanks between things, each ending in a newline.
`seen` is int64[fields, n]: numbers, 1 or 0 for flags, microseconds for times, and where a text stands
(place << 24 | length); NULL for what is not there.

Words are numbered by vocabulary in one hash table, two int64 a slot: hash << 32 | number + 1 (0: empty), and
where `words` has it (-1: forgotten): vocabulary, length (two bytes each), word.
"""

from __future__ import annotations

from typing import Any

from tocsin.values.kernel import compiled


def prefetch(array: Any, place: int) -> None:
    """Compiled, it tells the processor what will be read soon."""


# --- copied from here ---

NULL = -(2**63)
TEXT, NUMBER, TIME = 0, 1, 2
AHEAD = 8


@compiled
def digits(text: Any, start: int, end: int) -> int:
    number = 0
    for i in range(start, end):
        number = number * 10 + text[i] - 48
    return number


@compiled
def micros(text: Any, start: int, end: int) -> int:
    """Microseconds since 1970 of an RFC 3339 time, YYYY-MM-DDTHH:MM:SS, perhaps a fraction, then Z or +HH:MM."""
    year, month, day = (
        digits(text, start, start + 4),
        digits(text, start + 5, start + 7),
        digits(text, start + 8, start + 10),
    )
    if month <= 2:  # years that begin in March, counted in eras of 400
        year -= 1
        month += 12
    era = year // 400
    of_era = year - era * 400
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + (153 * (month - 3) + 2) // 5 + day - 719_469
    seconds = digits(text, start + 11, start + 13) * 3600 + digits(text, start + 14, start + 16) * 60
    seconds += digits(text, start + 17, start + 19) + days * 86_400
    at, fraction, unit = start + 19, 0, 100_000
    if text[at] == 46:
        at += 1
        while 48 <= text[at] <= 57:
            fraction += (text[at] - 48) * unit
            unit //= 10
            at += 1
    if text[at] != 90:
        ahead = digits(text, at + 1, at + 3) * 3600 + digits(text, at + 4, at + 6) * 60
        seconds += ahead if text[at] == 45 else -ahead
    return seconds * 1_000_000 + fraction


@compiled
def plain(text: Any, at: int, put: int) -> int:
    """Write the sign that is escaped at `at` to `put`; where the next one stands."""
    sign = text[at + 1]
    if sign == 117:  # \\u00XX
        code = 0
        for i in range(at + 2, at + 6):
            code = code * 16 + (text[i] - 48 if text[i] < 58 else (text[i] | 32) - 87)
        text[put] = code
        return at + 6
    if sign == 110:
        sign = 10
    elif sign == 116:
        sign = 9
    elif sign == 114:
        sign = 13
    elif sign == 98:
        sign = 8
    elif sign == 102:
        sign = 12
    text[put] = sign
    return at + 2


@compiled
def hashed(text: Any, start: int, end: int, seed: int) -> int:
    """FNV-1a, 31 bits, from a secret beginning."""
    hash = seed
    for i in range(start, end):
        hash = ((hash ^ text[i]) * 16_777_619) & 0xFFFFFFFF
    return (hash ^ (hash >> 15)) & 0x7FFFFFFF


@compiled
def slot(text: Any, start: int, end: int, vocabulary: int, hash: int, table: Any, words: Any) -> int:
    """The slot of a word, or the empty one where it would stand."""
    place: int = (hash * 2) & (table.shape[0] - 1)
    size = end - start
    while table[place] != 0:
        at = table[place + 1]
        if table[place] >> 32 == hash and at >= 0 and words[at] + (words[at + 1] << 8) == vocabulary:
            same = words[at + 2] + (words[at + 3] << 8) == size
            for i in range(size if same else 0):
                same = same and words[at + 4 + i] == text[start + i]
            if same:
                break
        place = (place + 2) & (table.shape[0] - 1)
    return place


@compiled
def number(text: Any, start: int, end: int, vocabulary: int, hash: int, table: Any, words: Any, counts: Any) -> int:
    """The number of a word; a new one gets the next. `counts[-1]` is how much of `words` is used."""
    place = slot(text, start, end, vocabulary, hash, table, words)
    if table[place] == 0:
        at = counts[-1]
        words[at], words[at + 1] = vocabulary & 255, vocabulary >> 8
        words[at + 2], words[at + 3] = (end - start) & 255, (end - start) >> 8
        for i in range(end - start):
            words[at + 4 + i] = text[start + i]
        counts[-1] += 4 + end - start
        counts[vocabulary] += 1
        table[place] = (hash << 32) + counts[vocabulary]
        table[place + 1] = at
    code: int = (table[place] & 0xFFFFFFFF) - 1
    return code


@compiled
def fill(text: Any, ends: Any, vocabulary: int, seed: int, table: Any, words: Any, counts: Any) -> None:
    """Number words that stand one after another."""
    start = 0
    for i in range(ends.shape[0]):
        number(text, start, ends[i], vocabulary, hashed(text, start, ends[i], seed), table, words, counts)
        start = ends[i]


@compiled
def forget(vocabulary: int, count: int, table: Any, words: Any, counts: Any) -> None:
    """Only the first words of a vocabulary have ever been."""
    for place in range(0, table.shape[0], 2):
        at = table[place + 1]
        if table[place] & 0xFFFFFFFF > count and at >= 0 and words[at] + (words[at + 1] << 8) == vocabulary:
            table[place + 1] = -1
    counts[vocabulary] = count


@compiled
def move(old: Any, table: Any) -> None:
    """Take over the slots of a smaller table."""
    for one in range(0, old.shape[0], 2):
        if old[one] != 0 and old[one + 1] >= 0:
            place = ((old[one] >> 32) * 2) & (table.shape[0] - 1)
            while table[place] != 0:
                place = (place + 2) & (table.shape[0] - 1)
            table[place] = old[one]
            table[place + 1] = old[one + 1]


@compiled
def read(text: Any, types: Any, seed: int, table: Any, words: Any, seen: Any, hashes: Any) -> None:
    """The values of lines, and the hashes of texts. The names of the fields that are wanted are vocabulary 0."""
    at = 0
    for i in range(seen.shape[1]):
        for field in range(seen.shape[0]):
            seen[field, i] = NULL
            hashes[field, i] = 0
        at += 1
        while text[at - 1] != 125:
            start = at + 1
            at = start
            while text[at] != 34:
                at += 1
            place = slot(text, start, at, 0, hashed(text, start, at, seed), table, words)
            field = (table[place] & 0xFFFFFFFF) - 1
            at += 2
            if text[at] == 34:
                start = at + 1
                at = start
                while text[at] != 34 and text[at] != 92:
                    at += 1
                put = at
                while text[at] != 34:
                    if text[at] == 92:
                        at = plain(text, at, put)
                    else:
                        text[put] = text[at]
                        at += 1
                    put += 1
                if field >= 0 and types[field] == TIME:
                    seen[field, i] = micros(text, start, put)
                elif field >= 0:
                    seen[field, i] = (start << 24) + put - start
                    hashes[field, i] = hashed(text, start, put, seed)
                at += 1
            else:
                start = at
                while text[at] != 44 and text[at] != 125:
                    at += 1
                if field >= 0:
                    if text[start] == 45:
                        seen[field, i] = -digits(text, start + 1, at)
                    elif text[start] < 58:
                        seen[field, i] = digits(text, start, at)
                    elif text[start] != 110:
                        seen[field, i] = 1 if text[start] == 116 else 0
            at += 1
        at += 1


@compiled
def code(
    text: Any, seen: Any, hashes: Any, places: Any, coded: Any,
    table: Any, words: Any, counts: Any, codes: Any, fresh: Any,
) -> int:  # fmt: skip
    """Number the words of the facts at `places`, int64[fields, n]; how many were new, as `fresh` (vocabulary, place, length).

    `coded`: fields whose words are numbered, and their vocabularies.
    """
    new, n = 0, places.shape[0]
    for k in range(n):
        i = places[k]
        ahead = places[min(k + AHEAD, n - 1)]
        for j in range(coded.shape[0]):
            field, vocabulary = coded[j, 0], coded[j, 1]
            prefetch(table, (hashes[field, ahead] * 2) & (table.shape[0] - 1))
            at = seen[field, i]
            codes[field, k] = NULL
            if at != NULL:
                start, end = at >> 24, (at >> 24) + (at & 0xFFFFFF)
                known = counts[vocabulary]
                codes[field, k] = number(text, start, end, vocabulary, hashes[field, i], table, words, counts)
                if codes[field, k] == known:
                    fresh[new, 0], fresh[new, 1], fresh[new, 2] = vocabulary, counts[-1] - end + start, end - start
                    new += 1
    return new


@compiled
def pair(
    codes: Any, parts: Any, vocabulary: int, seed: int, table: Any, words: Any, counts: Any, keys: Any, row: Any
) -> None:
    """Number combinations of coded fields (`parts`) in `row`, -1 where one is unknown. `keys`: uint8[n * 4 * parts]."""
    n, size = row.shape[0], 4 * parts.shape[0]
    for k in range(n):
        row[k] = 0
        for part in range(parts.shape[0]):
            one = codes[parts[part], k]
            row[k] = -1 if one == NULL or row[k] < 0 else 0
            for byte in range(4):
                keys[k * size + 4 * part + byte] = (one >> (8 * byte)) & 255
        if row[k] == 0:
            row[k] = hashed(keys, k * size, (k + 1) * size, seed)
            prefetch(table, (row[k] * 2) & (table.shape[0] - 1))
    for k in range(n):
        if row[k] >= 0:
            row[k] = number(keys, k * size, (k + 1) * size, vocabulary, row[k], table, words, counts)


@compiled
def choose(
    text: Any, seen: Any, hashes: Any, places: Any, field: int, vocabulary: int, table: Any, words: Any, row: Any
) -> None:
    """Whether the texts of a field are words of a vocabulary, in `row`."""
    for k in range(places.shape[0]):
        at = seen[field, places[k]]
        row[k] = NULL
        if at != NULL:
            end = (at >> 24) + (at & 0xFFFFFF)
            place = slot(text, at >> 24, end, vocabulary, hashes[field, places[k]], table, words)
            row[k] = 1 if table[place] != 0 else 0
