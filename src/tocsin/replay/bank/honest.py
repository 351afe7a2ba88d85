"""Honest stories that a bank may take for something else: hardship and travel."""

from __future__ import annotations

import numpy as np

from tocsin.replay.bank.days import some_days
from tocsin.replay.bank.draws import between, draw, one_of, part, whole
from tocsin.replay.bank.rows import Rows
from tocsin.replay.bank.scene import Scene
from tocsin.replay.bank.world import other


def job_loss(scene: Scene) -> list[Rows]:
    """Income stops: spending and payments shrink, then payments are missed; some tell the bank."""
    course, number, account = scene.town.course, scene.day.number, scene.account
    days = whole(np.where(draw(scene.key, "recovers") < 0.6, between(scene.key, "days", 90, 270), 1000))
    scene.lasts(days + 60)
    course.poor_from[account], course.poor_until[account] = number, number + days
    tells = draw(scene.key, "tells") < 0.6
    key, account = scene.key[tells], account[tells]
    income = part(scene.town.people.income[account], key, "benefit", 0.1, 0.4)
    first = {"account": account, "occurred_at": scene.day.opens + some_days(key, "when", 10, 40)}
    return [scene.town.papers(first, income, draw(key, "proven") < 0.5, "unemployed")]


def trip(scene: Scene) -> list[Rows]:
    """Abroad for a while, from tomorrow on."""
    course, account, leaves = scene.town.course, scene.account, scene.day.number + 1
    days = 3 + one_of(scene.key, "days", 12)
    scene.lasts(days + 15)
    course.away_from[account], course.away_until[account] = leaves, leaves + days
    course.away_in[account] = other(scene.town.places.home, draw(scene.key, "where") ** 2)
    return []
