"""Restrictions: what an account may not do for a time, why, and how that ends.

force       which restrictions in force touch a fact, and what they make of it
record      a restriction as the log tells of it, from its imposition to its end
assess      how long it is to last, factor by factor, and what would shorten it
estimate    when it will probably end, from the lender's own ended ones
terms       what a policy says of all that
"""
