"""note_text: what a report notes, in the language of its reader.

A report keeps its notes as English sentences: its JSON has them so, and a file of it gives them back so. For a Chinese reader each is
recognised by its form and told anew, with its own numbers, files, lines and labels. To note a new thing, put the Chinese beside its English form into
the table it belongs to: rows.py (data), answers.py, remote.py (of a server), needs.py (what a part lacked), comparing.py (diff and drift).
"""

from __future__ import annotations

from hanshuku.evaluation.notes.answers import ANSWERS, CAUSES
from hanshuku.evaluation.notes.comparing import COMPARING
from hanshuku.evaluation.notes.forms import Forms
from hanshuku.evaluation.notes.needs import NEEDS
from hanshuku.evaluation.notes.remote import REMOTE
from hanshuku.evaluation.notes.rows import ROWS
from hanshuku.evaluation.words import words

__all__ = ["TABLES", "cause_text", "note_line", "note_text"]

TABLES: tuple[Forms, ...] = (ROWS, ANSWERS, REMOTE, NEEDS, COMPARING)


def note_text(note: str, language: str) -> str:
    """A note, or what a part of a report lacked, in a language; as it is where its form is not known.

    Args:
        note: the English sentence; before it may stand the name of a set and a colon.
        language: "en" or "zh".

    Raises:
        UnknownName: the language is neither.
    """
    words(language)
    if language == "en":
        return note
    if told := _chinese(note):
        return told
    places = [place for place in range(len(note)) if note.startswith(": ", place)]
    return next((f"{note[:place]}：{told}" for place in places if (told := _chinese(note[place + 2 :]))), note)


def cause_text(cause: str, language: str) -> str:
    """Why rows were refused, "input: personal data (email)", in a language; as it is where it is not known.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    words(language)
    return cause if language == "en" else CAUSES.told(cause) or cause


def note_line(note: str, language: str) -> str:
    """A note as a terminal shows it, with a word before it that says so; see `note_text`."""
    return words(language)["noted"].format(note=note_text(note, language))


def _chinese(note: str) -> str:
    return next((told for table in TABLES if (told := table.told(note))), "")
