"""What was decided and what happened to it, read from the journal for a person or a program."""

from __future__ import annotations

from typing import Any

from tocsin.credit.collection.release import TITLES
from tocsin.credit.restriction.terms import Restraints
from tocsin.desk.versions import Versions, content
from tocsin.engine.decide import detailed, held_back
from tocsin.journal.journal import Journal
from tocsin.journal.records import Entry
from tocsin.policy.document import DECISIONS
from tocsin.values import instant

Said = dict[str, Any]


class Reading:
    def __init__(self, journal: Journal, versions: Versions) -> None:
        self.journal, self.versions = journal, versions

    def decision(self, entry: Entry, language: str) -> Said:
        """A decision with its reasons: for each rule that fired what was observed, held against what, in which window."""
        explainer = self.versions.explainer(entry.policy)
        fired = []
        for one in detailed(entry.detail)[0]:
            told = explainer.explained(one, (language,))
            fired.append({**told, "say": told["say"][language]})
        return {
            "id": f"d{entry.seq}",
            "fact_id": entry.fact_id,
            explainer.policy.watch: entry.watched,
            "occurred_at": instant.written(entry.occurred_at),
            "recorded_at": instant.written(entry.recorded_at),
            "outcome": DECISIONS[entry.decision],
            "level_before": explainer.level(entry.level_before),
            "level": explainer.level(entry.level),
            "score": entry.score,
            "fired": fired,
            "restrictions": self._restrictions(entry, language),
            "policy": explainer.policy.stamp,
        }

    def _restrictions(self, entry: Entry, language: str) -> list[Said]:
        """Those in force at a decision, and which of them had a say in it."""
        held = held_back(entry.detail)
        if held is None:
            return []
        restraints = self.versions.policy(entry.policy).sections.get("restrictions")
        holds = restraints.holds if isinstance(restraints, Restraints) else {}
        return [
            {
                "restriction": id,
                "hold": hold,
                "kind": type,
                "title": (holds[hold].title if hold in holds else TITLES[type])[language],
                "strength": strength,
                "stage": stage,
                "decides": id in held.by,
            }
            for id, hold, type, strength, stage in held.standing
        ]

    def warnings(self, watched: str, limit: int, language: str) -> list[Said]:
        """Warnings of an account, newest first, each with its reasons."""
        rows = self.journal.warned(watched, limit)
        entries = self.journal.some({row.seq for row in rows})
        result = []
        for row in rows:
            entry = entries[row.seq]
            explainer = self.versions.explainer(entry.policy)
            fired = next(one for one in detailed(entry.detail)[0] if one.rule == row.rule)
            told = explainer.explained(fired, (language,))
            raised = {
                "id": f"w{row.seq}-{row.rule}",
                "decision": f"d{row.seq}",
                "raised_at": instant.written(row.recorded_at),
            }
            result.append({**raised, **told, "say": told["say"][language], "policy": explainer.policy.stamp})
        return result

    def policies(self, limit: int) -> list[Said]:
        """What became of policies, newest first: activated, shadowing, taken out."""
        champion, shadows = self.versions.in_force()
        result = []
        for entry in reversed(self.journal.acts()):
            act = content(entry)
            if act["act"] in ("activate", "shadow", "unshadow"):
                number = act["number"]
                state = "champion" if number == champion else "shadow" if number in shadows else "past"
                at = {"at": act["at"], "entry": entry.seq}
                result.append(
                    {
                        "act": act["act"],
                        "policy": act["policy"],
                        "number": number,
                        "actor": act["actor"],
                        "state": state,
                        **at,
                    }
                )
        return result[:limit]

    def differences(self, shadow: int | None, after: int, limit: int) -> list[Said]:
        """Where a shadow (the only one where none is named) said otherwise, in the order of the log."""
        shadows = [shadow] if shadow is not None else list(self.versions.in_force()[1])
        result = []
        for number in shadows:
            explainer = self.versions.explainer(number)
            rows = self.journal.differences(number, after, limit)
            entries = self.journal.some(row.seq for row in rows)
            for row in rows:
                entry = entries[row.seq]
                champion = self.versions.explainer(entry.policy)
                result.append(
                    {
                        "decision": f"d{row.seq}",
                        "fact_id": entry.fact_id,
                        "shadow": explainer.policy.stamp,
                        "policy": champion.policy.stamp,
                        "champion_said": {"outcome": DECISIONS[entry.decision], "level": champion.level(entry.level)},
                        "shadow_said": {
                            "outcome": DECISIONS[row.decision],
                            "level": explainer.level(row.level),
                            "fired": [rule for rule in row.fired.split(",") if rule],
                        },
                    }
                )
        return result[:limit]

    def keys(self) -> list[Said]:
        """Every key that was ever made; its text is kept nowhere."""
        return [
            {
                "id": key.id,
                "name": key.name,
                "scopes": list(key.scopes),
                "made_at": instant.written(key.at),
                "ended_at": None if key.ended_at is None else instant.written(key.ended_at),
            }
            for key in self.journal.keys()  # noqa: SIM118 a query, not a dict
        ]

    def letters(self, limit: int) -> list[Said]:
        """Orders that were given up, oldest first."""
        return [
            {
                "id": letter.id,
                "message": f"m{letter.order.seq}-{letter.order.number}",
                "destination": letter.order.destination,
                "type": letter.order.type,
                "attempts": letter.attempts,
                "error": letter.error,
                "given_up_at": instant.written(letter.at),
            }
            for letter in self.journal.dead_letters(limit)
        ]
