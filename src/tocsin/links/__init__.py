"""The outside world: files in and out. Bytes become facts here, and results become files."""
