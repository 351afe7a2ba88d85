"""The decision API: an ASGI application that reads a request, asks the desk once, and writes what came of it."""
