"""ExtractionPredictor: a language model writes an object that fits the task's schema, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from hanshuku.errors import ConfigError
from hanshuku.inference.decoder import Completion, Limits, Watch
from hanshuku.inference.generation import GenerationPredictor
from hanshuku.inference.objects import Guide, ObjectGrammar


def check_room(grammar: ObjectGrammar, new_tokens: int) -> None:
    """
    Raises:
        ConfigError: the shortest object is longer than so many tokens.
    """
    if grammar.shortest > new_tokens:
        raise ConfigError(
            f"The shortest object that fits the schema takes {grammar.shortest} tokens; max_new_tokens={new_tokens}. Raise it, or ask for less."
        )


class ExtractionPredictor(GenerationPredictor):
    """A GenerationPredictor whose answers always parse and fit the schema, whatever the model.

    An object that is not whole near max_new_tokens is closed with what the schema asks for at least (null, 0, ""). The confidence is
    that of the tokens at which the schema left a choice.

    Raises:
        TaskError: nothing fits the schema, or it cannot be kept to while decoding.
        ConfigError: the shortest object is longer than max_new_tokens, or beams or stop texts are set.
    """

    KIND: ClassVar[str] = "extraction"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.settings.beams > 1 or self.settings.stop:
            raise ConfigError(
                "An object is written token by token and ends where it is whole: leave out beams and stop. "
                f"Received: beams={self.settings.beams}, stop={self.settings.stop}."
            )
        check_room(self.grammar, self.new_tokens)

    @cached_property
    def grammar(self) -> ObjectGrammar:
        """What may be written."""
        return ObjectGrammar(self.task.schema, self.loaded.tokenizer, width=self.decoder.width, stops=sorted(self.asker.stops))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: texts cut, objects that were closed at the limit."""
        return tuple(note.replace("may be cut short", "were closed with what the schema asks for at least") for note in super().notes)

    def is_whole(self, completion: Completion) -> bool:
        """Whether the model wrote the object to its end."""
        return self.grammar.missing(completion.ids) == 0

    def written(self, ids: Sequence[int]) -> str:
        """The object as JSON text, as a stream gives it."""
        return self.grammar.closed(ids)

    def text(self, ids: Sequence[int]) -> str:
        """The object as JSON text, lists of different items without repeated ones."""
        return self.grammar.whole(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text, to the byte."""
        return str(self.grammar.tokens.decode_str(list(ids)))

    def limits(self, prompts: Sequence[Sequence[int]], watch: Watch | None = None) -> Limits:
        """When to stop, and how tokens are chosen among those that the schema allows."""
        guide = Guide(self.grammar, self.new_tokens, watch=watch)
        return replace(super().limits(prompts, watch), watch=guide.watch, mask=guide.mask)
