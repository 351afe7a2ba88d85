"""The tables, as numbered steps from an empty database, and how they are taken.

A step is never changed once it was released; a new one is put behind it. The words in braces are what
the two dialects call differently.
"""

from __future__ import annotations

from tocsin.journal.store import Store
from tocsin.values.problem import Problem, Refused

_BEGIN = "CREATE TABLE migrations (number {integer} PRIMARY KEY, at {integer} NOT NULL){strict}"
STEPS = (
    """
    CREATE TABLE entries (
        seq {integer} PRIMARY KEY, kind {integer} NOT NULL, recorded_at {integer} NOT NULL,
        occurred_at {integer} NOT NULL, fact_id {text}, watched {text}, previous {integer} NOT NULL,
        ref {integer} NOT NULL, key {text}, policy {integer} NOT NULL, level_before {integer} NOT NULL,
        level {integer} NOT NULL, decision {integer} NOT NULL, score {integer} NOT NULL,
        body {bytes} NOT NULL, detail {bytes} NOT NULL, chain {bytes} NOT NULL){strict};
    CREATE INDEX acts ON entries (seq) WHERE kind = 2;
    CREATE TABLE head (
        only_row {integer} PRIMARY KEY CHECK (only_row = 1), seq {integer} NOT NULL,
        recorded_at {integer} NOT NULL, chain {bytes} NOT NULL){strict};
    CREATE TABLE warnings (
        seq {integer} NOT NULL, rule {text} NOT NULL, watched {text} NOT NULL, level {integer} NOT NULL,
        recorded_at {integer} NOT NULL){strict};
    CREATE INDEX warnings_of ON warnings (watched, seq);
    CREATE TABLE levels (
        seq {integer} NOT NULL, number {integer} NOT NULL, watched {text} NOT NULL, at {integer} NOT NULL,
        before {integer} NOT NULL, after {integer} NOT NULL, cause {text} NOT NULL){strict};
    CREATE INDEX levels_of ON levels (watched, seq);
    CREATE TABLE differences (
        seq {integer} NOT NULL, shadow {integer} NOT NULL, decision {integer} NOT NULL,
        level {integer} NOT NULL, fired {text} NOT NULL, PRIMARY KEY (shadow, seq)){strict};
    CREATE TABLE outbox (
        id {numbered}, seq {integer} NOT NULL, number {integer} NOT NULL, destination {text} NOT NULL,
        type {text} NOT NULL, watched {text} NOT NULL, body {bytes} NOT NULL, due_at {integer} NOT NULL,
        state {integer} NOT NULL DEFAULT 0, attempts {integer} NOT NULL DEFAULT 0,
        error {text} NOT NULL DEFAULT '', at {integer} NOT NULL DEFAULT 0){strict};
    CREATE INDEX outbox_due ON outbox (destination, due_at, id) WHERE state = 0;
    CREATE INDEX outbox_turn ON outbox (destination, watched, id) WHERE state = 0;
    CREATE INDEX outbox_dead ON outbox (destination, id) WHERE state = 2;
    CREATE TABLE id_segments (until {integer} PRIMARY KEY, pairs {bytes} NOT NULL){strict};
    CREATE TABLE policies (
        number {integer} PRIMARY KEY, digest {text} NOT NULL UNIQUE, name {text} NOT NULL,
        version {text} NOT NULL, text {text} NOT NULL, sources {text} NOT NULL, at {integer} NOT NULL){strict};
    CREATE TABLE snapshots (
        snapshot {integer} PRIMARY KEY, policy {integer} NOT NULL, seq {integer} NOT NULL,
        format {integer} NOT NULL, pieces {integer} NOT NULL, bytes {integer} NOT NULL,
        digest {bytes} NOT NULL){strict};
    CREATE TABLE snapshot_pieces (
        snapshot {integer} NOT NULL, piece {integer} NOT NULL, part {integer} NOT NULL, body {bytes} NOT NULL,
        PRIMARY KEY (snapshot, piece)){strict};
    CREATE TABLE keys (
        id {text} PRIMARY KEY, name {text} NOT NULL, hash {bytes} NOT NULL, scopes {text} NOT NULL,
        at {integer} NOT NULL, ended_at {integer}){strict}
    """,
    """
    CREATE TABLE books (
        person {text} PRIMARY KEY, wake_at {integer}, seq {integer} NOT NULL, case_id {text}, segment {text},
        bucket {integer} NOT NULL, past_due {integer} NOT NULL, body {bytes} NOT NULL){strict};
    CREATE INDEX books_due ON books (wake_at, person) WHERE wake_at IS NOT NULL;
    CREATE TABLE holders (account {text} PRIMARY KEY, person {text} NOT NULL){strict};
    CREATE TABLE attempts (attempt {text} PRIMARY KEY, person {text} NOT NULL){strict};
    CREATE TABLE tasks (
        id {text} PRIMARY KEY, person {text} NOT NULL, queue {text} NOT NULL, treatment {text} NOT NULL,
        value {integer} NOT NULL, minutes {integer} NOT NULL, at {integer} NOT NULL, due_at {integer},
        state {text} NOT NULL, actor {text}){strict};
    CREATE INDEX worklists ON tasks (queue, value DESC, id) WHERE state <> 'done';
    CREATE TABLE followed (
        only_row {integer} PRIMARY KEY CHECK (only_row = 1), seq {integer} NOT NULL,
        rouse_at {integer}, roused {text}){strict};
    CREATE TABLE days (
        date {text} PRIMARY KEY, at {integer} NOT NULL, state {text} NOT NULL, figures {text} NOT NULL){strict}
    """,
    """
    CREATE TABLE restrictions (
        id {text} PRIMARY KEY, account {text} NOT NULL, hold {text} NOT NULL, type {text} NOT NULL,
        status {text} NOT NULL, at {integer} NOT NULL, days {integer}, p50 {integer}, p90 {integer},
        ended_at {integer}, reason {text}, number {integer} NOT NULL, confirmed {integer} NOT NULL,
        seq {integer} NOT NULL, body {bytes} NOT NULL){strict};
    CREATE INDEX restrictions_open ON restrictions (account) WHERE ended_at IS NULL;
    CREATE INDEX restrictions_ended ON restrictions (ended_at) WHERE ended_at IS NOT NULL
    """,
    """
    CREATE TABLE grants (
        id {text} PRIMARY KEY, account {text} NOT NULL, incentive {text} NOT NULL, month {text} NOT NULL,
        given {integer} NOT NULL, amount {integer} NOT NULL){strict};
    CREATE INDEX grants_spent ON grants (month, incentive)
    """,
)


def migrate(store: Store) -> None:
    """Bring the tables to the newest form; Refused where they are newer than this program."""
    if _version(store) < len(STEPS):
        with store.change() as run:
            run(store.alone)
            if not run(store.begun):
                run(_BEGIN.format_map(store.words))
            reached = _number(run("SELECT max(number) FROM migrations"))
            for number, step in enumerate(STEPS[reached:], reached + 1):
                for statement in step.format_map(store.words).split(";"):
                    run(statement)
                run(f"INSERT INTO migrations VALUES (?, {store.now})", number)  # noqa: S608 a constant of the dialect
    if (reached := _version(store)) > len(STEPS):
        raise Refused(
            Problem(
                f"the journal has form {reached}, this Tocsin knows forms up to {len(STEPS)}",
                store.where,
                "run the newer Tocsin that made it",
            )
        )


def _version(store: Store) -> int:
    return _number(store.rows("SELECT max(number) FROM migrations")) if store.rows(store.begun) else 0


def _number(rows: list[tuple[int | None]]) -> int:
    return rows[0][0] or 0
