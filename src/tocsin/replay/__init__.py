"""Old facts and made-up ones through the same engine: backtests and the simulated bank. No IO of its own."""
