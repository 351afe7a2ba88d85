"""The trade: pure records and their transitions."""
