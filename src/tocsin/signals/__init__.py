"""Signals: sliding-window measures, each defined once in the policy. The kernel, and its naive oracle."""
