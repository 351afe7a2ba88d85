"""The backtest report: one self-contained page that a manager reads from the top and an auditor can print."""
