"""The shortest ending of an object, and whether a schema has one.

It is found with the grammar over single bytes: no prefix that the grammar allows is a dead end, so going on with whatever closes
most leads to an end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hanshuku.errors import MissingExtra, TaskError
from hanshuku.inference.schema_grammar import grammar_or_problem

LONGEST_ENDING = 1 << 14  # bytes; an object that needs more has no end, such as one that must hold another of its kind
AT_ONCE = 1000  # bytes; what stops llguidance before is the schema's breadth, later it is that there is no end
STARTS = (b"[{", b"{[")  # which opening is tried first; a schema that refers to itself may end by one alone
CLOSERS, VALUES = b"}],", b'n0"tf'  # outside texts, in this order (0: any digit); null where it may be, as it says that nothing is known
NO_END = (
    f"What fits the schema has no end within {LONGEST_ENDING} bytes, as where a part must hold a part of its own kind (make it optional), or where "
    "minItems, minLength or a pattern ask for so much (lower them)."
)
PARTING = b"@:"  # within a text: of an e-mail, an address; tried before another letter, as what is behind them may soon end
BYTES_END = 256  # id, in the vocabulary of single bytes, of the end


class Endings:
    """The shortest ending of whatever a grammar of objects allows.

    Args:
        grammar: as `grammar_of` gives it.
    """

    def __init__(self, grammar: str) -> None:
        from llguidance import LLMatcher

        self._start = LLMatcher(_single_bytes(), grammar, log_level=0)

    def of(self, written: bytes) -> bytes:
        """The bytes that make an object of what is written of it; null, 0, "" and no optional part, where the schema leaves a choice.

        Raises:
            TaskError: there is no end within LONGEST_ENDING bytes, or the schema is more than llguidance can keep to.
        """
        found, why = self.found(written)
        if why:
            raise TaskError(f"The schema is too much to be kept to while decoding: {why}. Take fewer properties, or several functions.")
        if found is None:
            raise TaskError(NO_END)
        return found

    def found(self, written: bytes) -> tuple[bytes | None, str]:
        """The same, or None; and what stops llguidance, "" where nothing does."""
        for order in STARTS:
            found, why = self._ending(written, order)
            if found is not None or why:
                return found, why
        return None, ""

    def _ending(self, written: bytes, order: bytes) -> tuple[bytes | None, str]:
        matcher = self._start.deep_copy()
        matcher.consume_tokens(list(written))
        place, found = _Place(), bytearray()
        place.read(written)
        while not matcher.is_accepting():
            step = matcher.compute_ff_bytes() or bytes([_best(matcher, place, order)])
            if len(found) > LONGEST_ENDING or not matcher.consume_tokens(list(step)):
                why = str(matcher.get_error()).partition("\n")[0]
                stuck = "rror: " in why and "ff_tokens" not in why and len(found) < AT_ONCE  # else the byte was refused, or those that are forced have no end
                return None, why[:120] if stuck else ""
            found += step
            place.read(step)
        return bytes(found), ""


def check_schema_met(schema: str) -> None:
    """Refuse a schema that no object fits. One that cannot be decoded by here passes, as a server may know more; so does any where llguidance is not installed.

    Raises:
        TaskError: nothing fits it, or what fits has no end.
    """
    try:
        grammar, problem = grammar_or_problem(schema)
    except (TaskError, MissingExtra):  # what is not decoded by here
        return
    if problem.startswith("Unsatisfiable"):
        raise TaskError(f"No object fits this schema: {problem}. Change that part of it. Received: {schema[:200]}")
    if not problem and Endings(grammar).found(b"") == (None, ""):
        raise TaskError(NO_END)


class _Place:
    """Where in JSON one is: inside a text or not, and how often each byte stands in this text or number so far."""

    def __init__(self) -> None:
        self.inside = self.escaped = False
        self.used = [0] * 256

    def read(self, written: bytes) -> None:
        for byte in written:
            self.used[byte] += 1
            if self.inside:
                self.inside = self.escaped or byte != ord('"')
                self.escaped = byte == ord("\\") and not self.escaped
            elif byte in b'",:[':
                self.inside = byte == ord('"')
                self.used = [0] * 256


def _best(matcher: Any, place: _Place, order: bytes) -> int:
    """The allowed byte that leads to an end soonest.

    Where any of several letters or digits would do, the least used one: a pattern such as a+z, or a number that may not be 0, is then
    left sooner or later.
    """
    bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
    allowed = np.flatnonzero(bits[:BYTES_END]).tolist()
    if not allowed:
        return 0  # the matcher refuses it, and so there is no end
    if place.inside:
        if ord('"') in allowed and not place.escaped:
            return ord('"')
        return min(allowed, key=lambda byte: (place.used[byte], byte not in PARTING, not chr(byte).isalnum() or byte > 127, byte))
    preferred = CLOSERS + VALUES + order
    return min(allowed, key=lambda byte: (preferred.find(ord("0") if chr(byte).isdecimal() else byte) % 256, place.used[byte], byte))


class _Bytes:
    """A vocabulary of single bytes, in the form that llguidance asks for."""

    eos_token_id = BYTES_END
    bos_token_id = None
    special_token_ids = (BYTES_END,)
    tokens = [bytes([byte]) for byte in range(256)] + [b"<end>"]

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text if isinstance(text, bytes) else text.encode())


def _single_bytes() -> Any:
    from llguidance import LLTokenizer, TokenizerWrapper

    return LLTokenizer(TokenizerWrapper(_Bytes()), slices=[])
