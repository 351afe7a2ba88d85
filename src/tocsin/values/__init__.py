"""Values everyone shares: money, instants, durations, and problems that say what to do."""
