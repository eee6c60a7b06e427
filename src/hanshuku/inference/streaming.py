"""A text as it is written: pieces that are whole characters, a stop text held back until it is known to be none."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from hanshuku.errors import ConfigError
from hanshuku.inference.base import Reply
from hanshuku.inference.prompts import Demonstration

if TYPE_CHECKING:
    from hanshuku.inference.generation import GenerationPredictor

UNFINISHED = "\ufffd"  # what a tokenizer gives for bytes that are no whole character yet


def stream_text(predictor: GenerationPredictor, row: tuple[str, ...], shown: Sequence[Demonstration] | None = None) -> Generator[str, None, Reply]:
    """Pieces of the answer to one row, and at the end the answer.

    Args:
        predictor: what writes.
        row: one text an input.
        shown: demonstrations of this row; None: those of the settings.

    Raises:
        ConfigError: beams are set; the answer is then not known before its end.
    """
    if predictor.settings.beams > 1:
        raise ConfigError("With beams the answer is not known before its end, so it cannot be streamed. Set beams=1.")
    pieces: queue.Queue[str | Reply | BaseException] = queue.Queue()
    stopped = threading.Event()
    stops = predictor.settings.stop
    calls = predictor.asker.calls
    held = max((len(stop) for stop in stops), default=1) - 1

    def write() -> None:
        done = 0

        def watch(_row: int, ids: list[int]) -> bool:
            nonlocal done
            text = predictor.decode(ids)
            if any(stop in text for stop in stops) or stopped.is_set():
                return True
            end = min(len(text.rstrip(UNFINISHED)) - held, calls.begins(text) if calls else len(text))  # a call is given in its plain form, at the end
            if end > done:
                pieces.put(text[done:end])
                done = end
            return False

        try:
            prompts, (is_cut,) = predictor.prompts([row], None if shown is None else [shown])
            completion = predictor.decoder.complete(prompts, predictor.limits(prompts, watch))[0]
            text = predictor.written(completion.ids)
            if len(text) > done:
                pieces.put(text[done:])
            predictor.cut += is_cut
            predictor.unended += not predictor.is_whole(completion)
            pieces.put(predictor.reply(prompts[0], completion))
        except BaseException as error:  # noqa: BLE001 - it is raised where the pieces are read
            pieces.put(error)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        while not isinstance(piece := pieces.get(), Reply):
            if isinstance(piece, BaseException):
                raise piece
            yield piece
        return piece
    finally:
        stopped.set()
        writer.join()
