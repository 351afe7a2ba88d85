"""A rehearsal of collections: simulated debtors against a real service, over its API, for months in minutes.

Read in this order: `clocked` (a service whose clock is moved), `lender` (its policy, settings and texts), `processes`
(service and sandbox, started), `core` (the bank's core system), `asking` (the API), `days` (the days, one after another).
"""
