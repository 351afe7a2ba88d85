"""The command line: `tocsin backtest`, `simulate`, `policy`, `facts`."""
