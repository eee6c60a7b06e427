"""held_back: the pieces of an answer, each sent on only when no rule can change it any more, so that what is split over pieces is masked too."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TypeVar

from hanshuku.safety.guard import Guard
from hanshuku.safety.masking import Placeholders, put_back

WINDOW = 192  # characters at the end of what was written that may still belong to something longer
BEFORE = 256  # characters before it that are read again for the words beside a number
LONGEST = 8192  # characters without a blank that are waited for
STEP = 24  # characters that are collected before it is looked again
_RUN = re.compile(r"\S+\Z")
_OPEN = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?![\s\S]*-----END)")
_PLACEHOLDER = re.compile(r"\[[A-Z_0-9]{0,40}\Z")  # one that has begun
_ENDS = re.compile(r"[.!?。！？\n]")
R = TypeVar("R")


def held_back(guard: Guard, pieces: Iterator[str], names: Placeholders) -> Generator[str, None, str]:
    """Pieces of the guarded answer; at the end the reason of a refusal, "" where there is none.

    With a function that tells what is toxic, or a rule that refuses, nothing of a sentence is sent before it is judged; where one refuses, the pieces
    end there. Closing this generator closes `pieces` too.

    Args:
        guard: whose rules for output hold.
        pieces: as the model writes them.
        names: the placeholders of the input.
    """
    whole, sent, looked = "", 0, 0  # characters of the unguarded answer; how many of them were sent on or masked
    for piece in pieces:
        whole += piece
        if len(whole) - looked < STEP:
            continue
        looked = len(whole)
        end = _safe(guard, whole, sent)
        if end > sent:
            text, reason = _guarded(guard, whole, sent, end, names)
            if reason:
                return reason
            sent = end
            yield text
    text, reason = _guarded(guard, whole, sent, len(whole), names)
    if text and not reason:
        yield text
    return reason


def _safe(guard: Guard, whole: str, sent: int) -> int:
    """Up to where the answer can be sent: before the window, before a word that has not ended, before anything found that reaches beyond."""
    end = len(whole) - WINDOW
    if (run := _RUN.search(whole)) and run.start() < end and len(whole) - run.start() < LONGEST and whole[run.start() :].isascii():
        end = run.start()
    if (opened := _OPEN.search(whole, sent)) and len(whole) - opened.start() < LONGEST:
        end = min(end, opened.start())
    if guard.toxicity or any(rule.action == "block" for rule in guard.rules):
        ends = [mark.end() for mark in _ENDS.finditer(whole, sent, max(sent, end))]
        end = ends[-1] if ends else end if end - sent > BEFORE else sent
    if opened := _PLACEHOLDER.search(whole[:end]):
        end = opened.start()
    for start, stop in _found(guard, whole, max(0, sent - BEFORE), len(whole)):
        if start < end < stop:
            end = start
    return max(end, sent)


def _found(guard: Guard, whole: str, begin: int, end: int) -> list[tuple[int, int]]:
    return [(begin + span.start, begin + span.end) for span in guard.found(whole[begin:end])]


def _guarded(guard: Guard, whole: str, sent: int, end: int, names: Placeholders) -> tuple[str, str]:
    """whole[sent:end] after the rules, read with what stands round it, and why it is refused."""
    begin = max(0, sent - BEFORE)
    text, reason = guard.passed(whole[begin:], sent - begin, end - begin, names)
    return (put_back(text, names.stands) if guard.pii and guard.pii.put_back else text), reason
