"""What the tests of notes ask of each: that a Chinese reader meets no English sentence, and that no form stands in a table for nothing."""

import re

ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")  # three words in a row
QUOTED = re.compile("“[^”]*”|\"[^\"]*\"")  # what users wrote, and commands


def english_in(text):
    """The first stretch of English in a text, what is quoted aside; "" where there is none."""
    found = ENGLISH.search(QUOTED.sub("", text))
    return found[0] if found else ""


def unused(table, notes):
    """The English forms of a table that none of these notes has, the name of a set before it aside."""
    forms = [type(table)([pair], table.gaps) for pair in table.pairs]
    return [form.pairs[0][0] for form in forms if not any(form.told(note) or form.told(note.partition(": ")[2]) for note in notes)]
