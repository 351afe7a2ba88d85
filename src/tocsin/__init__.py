"""Tocsin (警钟): dynamic credit monitoring and early warning.

Rooms, from the ground up: `values`, `facts` and `policy`, `signals` and `credit`, `engine`,
then `replay`, `insight` and `links`, `desk`, `faces`. A room imports only rooms below it.
"""

__version__ = "0.1.0"
