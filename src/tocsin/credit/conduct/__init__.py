"""Lawful contact: laws as dated data, profiles of places, the gate that every contact asks, and words on templates.

`law` and `profile` read and check the data, `gate` answers, `templates` reads what is to be said.
"""

from tocsin.credit.conduct.gate import Allowed, Gate, Refused
from tocsin.credit.conduct.history import Attempt, ContactHistory
from tocsin.credit.conduct.law import Law, Rule, read_laws
from tocsin.credit.conduct.people import Address, Consent, Contact, Debt, OptOut, Person, Stop, Times
from tocsin.credit.conduct.phrases import Words, read_words
from tocsin.credit.conduct.profile import Profile, read_profiles, tightened
from tocsin.credit.conduct.templates import Template, template_problems

__all__ = [
    "Address", "Allowed", "Attempt", "Consent", "Contact", "ContactHistory", "Debt", "Gate", "Law", "OptOut", "Person",
    "Profile", "Refused", "Rule", "Stop", "Template", "Times", "Words", "read_laws", "read_profiles", "read_words",
    "template_problems", "tightened",
]  # fmt: skip
