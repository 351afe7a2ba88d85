"""Lawful contact: laws as dated data, profiles of places, the gate that every contact asks, and words on templates.

`law` and `profile` read and check the data, `gate` answers; `templates` judges what is to be said, `writing` reads the
texts and `texts` chooses and fills them.
"""

from tocsin.credit.conduct.gate import Allowed, Gate, Refused
from tocsin.credit.conduct.history import Attempt, ContactHistory
from tocsin.credit.conduct.law import Law, Rule, read_laws
from tocsin.credit.conduct.people import Address, Consent, Contact, Debt, OptOut, Person, Stop, Times
from tocsin.credit.conduct.phrases import Words, read_words
from tocsin.credit.conduct.profile import Profile, read_profiles, tightened
from tocsin.credit.conduct.templates import Template, template_problems
from tocsin.credit.conduct.texts import Draft, Rendered, Texts, rendered
from tocsin.credit.conduct.writing import read_texts

__all__ = [
    "Address", "Allowed", "Attempt", "Consent", "Contact", "ContactHistory", "Debt", "Draft", "Gate", "Law", "OptOut",
    "Person", "Profile", "Refused", "Rendered", "Rule", "Stop", "Template", "Texts", "Times", "Words", "read_laws",
    "read_profiles", "read_texts", "read_words", "rendered", "template_problems", "tightened",
]  # fmt: skip
