"""Insight: what the outcomes show, counted while they stream by. No clock, no IO, no SQL."""
