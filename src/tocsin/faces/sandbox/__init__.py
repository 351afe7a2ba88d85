"""A provider of calls, messages and letters that reaches nobody: for tests, demonstrations and integrators."""
