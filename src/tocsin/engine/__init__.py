"""The engine: facts in, assessments and warnings out. One path for one fact and for a million."""
