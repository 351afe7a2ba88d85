"""Incentives: rewards for who pays in time and penalties for who could and will not, never both for one cycle."""
