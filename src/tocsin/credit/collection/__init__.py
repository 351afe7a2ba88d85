"""Collections: the book of a person, what a strategy makes of it, and the facts that come of that.

    book = evolve(book, fact, house)        # one more fact of the log, also one that Tocsin made
    facts = decide(book, now, house)        # what is to be done now, as facts; they are evolved like all others
    wake_at(book, house)                    # when time alone makes it worth asking again

Read `book`, `strategy`, `evolve`, `decide`.
"""
