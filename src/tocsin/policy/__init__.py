"""The policy language: YAML and SQL expressions; parse, check, explain. Knows no business noun."""
