"""Writing an object: tokens that the schema does not allow are masked, and what is unfinished at the limit is closed.

The masks are llguidance's (https://github.com/guidance-ai/llguidance).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import Tensor, from_numpy

from hanshuku.errors import ConfigError
from hanshuku.inference.decoder import Watch
from hanshuku.inference.endings import Endings
from hanshuku.inference.schema_grammar import grammar_of
from hanshuku.tasks.schemas import parts_of

SPARE = 8  # tokens by which one token may lengthen the shortest ending before it is looked at again
_known: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


class ObjectGrammar:
    """What may be written for a schema with one tokenizer.

    Args:
        schema: JSON schema of an object, as JSON text.
        tokenizer: a fast transformers tokenizer.
        width: logits of a token.
        stops: ids that end an answer.

    Attributes:
        shortest: tokens of the shortest object.

    Raises:
        TaskError: nothing fits the schema, or what fits has no end.
        ConfigError: the tokenizer has no token for a character that is needed.
    """

    def __init__(self, schema: str, tokenizer: Any, *, width: int, stops: Sequence[int]) -> None:
        from llguidance import LLExecutor, LLMatcher

        self.schema, self.grammar = json.loads(schema), grammar_of(schema)
        self.tokens, self.width, self.executor = _wrapped(tokenizer, width, tuple(sorted(stops))), width, LLExecutor()
        self._start = LLMatcher(self.tokens, self.grammar, log_level=0)
        self._endings = Endings(self.grammar)
        written = self.ending(b"")
        ids = self.tokens.tokenize_bytes(written)
        self.shortest = len(ids)
        if self.matcher().try_consume_tokens(ids) != len(ids):
            raise ConfigError(
                f"The model's tokenizer cannot write {written.decode()!r}: it has no token for a character of JSON. Take another model for extract."
            )

    def matcher(self) -> Any:
        """A matcher (of llguidance) at the beginning of an object."""
        return self._start.deep_copy()

    def ending(self, written: bytes) -> bytes:
        """See `endings.Endings.of`."""
        return self._endings.of(written)

    def closed(self, ids: Sequence[int]) -> str:
        """JSON text of the object from the tokens that were written of it."""
        written: bytes = self.tokens.decode_bytes(list(ids))
        return (written + self.ending(written)).decode()

    def whole(self, ids: Sequence[int]) -> str:
        """The same, without the repeated items of lists whose items must differ (uniqueItems)."""
        return json.dumps(distinct(self.schema, json.loads(self.closed(ids)), self.schema), ensure_ascii=False)

    def missing(self, ids: Sequence[int]) -> int:
        """Tokens of the shortest ending."""
        return len(self.tokens.tokenize_bytes(self.ending(self.tokens.decode_bytes(list(ids)))))


class Guide:
    """Keeps rows that are being written to the grammar: what `Limits` take as `mask` and `watch`.

    Args:
        grammar: what may be written.
        limit: most tokens a row.
        watch: of a stream, asked besides. A stream takes nothing back, so it is seen at every token that the shortest ending still
            fits; else the less often the more room there is, and what proves to be too much is taken back.
    """

    def __init__(self, grammar: ObjectGrammar, limit: int, *, watch: Watch | None = None) -> None:
        self.grammar, self.limit, self.also = grammar, limit, watch
        self._matchers: dict[int, Any] = {}
        self._due: dict[int, int] = {}  # row -> tokens at which to look next whether its ending fits

    def mask(self, rows: Sequence[int], logits: Tensor) -> Tensor:
        """Logits (B, V) of these rows with -inf where a token is not allowed."""
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask_par

        for row in rows:
            self._matchers.setdefault(row, self.grammar.matcher())
        bits = allocate_token_bitmask(len(rows), self.grammar.width)
        fill_next_token_bitmask_par(self.grammar.executor, [(self._matchers[row], i) for i, row in enumerate(rows)], bits)
        allowed = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, : logits.shape[1]].astype(bool)
        allowed[~allowed.any(1), self.grammar.tokens.eos_token] = True  # the tokenizer cannot go on: the row is closed as it stands
        return logits.masked_fill(~from_numpy(allowed).to(logits.device), float("-inf"))

    def watch(self, row: int, ids: list[int]) -> bool:
        """Whether the object is whole, or must be closed now; tokens that leave no room for an ending are taken back."""
        matcher = self._matchers[row]
        matcher.consume_token(ids[-1])
        before, whole = len(ids), matcher.is_stopped()
        if not whole and before >= self._due.get(row, 0):
            while (spare := self.limit - len(ids) - self.grammar.missing(ids)) < 0:
                ids.pop()
            self._due[row] = before + (1 if self.also else 1 + min(spare // SPARE, self.limit - before))
        streamed = self.also is not None and self.also(row, ids)
        return whole or streamed or len(ids) < before


def distinct(node: Any, value: Any, root: Mapping[str, Any]) -> Any:
    """The value with the repeated items left out of lists whose items must differ (uniqueItems)."""
    for part in parts_of(node, root):
        if isinstance(value, dict):
            named = part.get("properties", {})
            value = {key: distinct(named[key], item, root) if key in named else item for key, item in value.items()}
        elif isinstance(value, list):
            if "items" in part:
                value = [distinct(part["items"], item, root) for item in value]
            if part.get("uniqueItems"):
                value = list({json.dumps(item, sort_keys=True): item for item in value}.values())
    return value


def _wrapped(tokenizer: Any, width: int, stops: tuple[int, ...]) -> Any:
    """The tokenizer as llguidance has it; made once, as it takes a second for a large vocabulary."""
    from llguidance.hf import from_tokenizer

    if not tokenizer.is_fast:
        raise ConfigError(f"extract needs a model with a fast tokenizer (tokenizer.json). Received: {type(tokenizer).__name__}. Take another model.")
    made = _known.setdefault(tokenizer, {})
    if (width, stops) not in made:
        try:
            made[width, stops] = from_tokenizer(tokenizer, n_vocab=width, eos_token=list(stops))
        except ValueError as error:  # a kind of tokenizer that it cannot read, such as T5's
            raise ConfigError(f"extract cannot keep this model's tokenizer to a schema ({str(error)[:80]}). Take a causal model, such as smollm2.") from error
    return made[width, stops]
