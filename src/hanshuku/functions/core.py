"""Function: a typed callable whose behaviour is learned, and its verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from hanshuku.errors import ConfigError, DataError, RemoteError
from hanshuku.functions.looked_at import LookedAt
from hanshuku.functions.origin import learned_by
from hanshuku.functions.rows import Row, bind
from hanshuku.inference.base import Predictor
from hanshuku.inference.calibrated import CalibratedPredictor, rebased, uncalibrated
from hanshuku.tasks import Prediction, Task, kind_of
from hanshuku.tasks.languages import LANGUAGES
from hanshuku.tasks.signature import cast_of
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.origin import Origin

P = ParamSpec("P")
R = TypeVar("R")
BATCH = 1024  # rows handed to a predictor at once: enough to sort by length, little enough to keep memory flat


class Function(LookedAt, Generic[P, R]):
    """A typed callable. Nothing is mutated: `learn` returns a new function.

    Without examples it answers at once, zero-shot, by the method `similarity`.

    Args:
        task: what the function does.
        predictor: how it does it; None: zero-shot, made at the first call.
        cast: from a prediction's output to the type that the signature states; None: the task's own.
        history: one record for each time it learned, oldest first.
        report: the last measured report as plain JSON data, saved with the function.
    """

    def __init__(
        self,
        task: Task,
        predictor: Predictor | None = None,
        *,
        cast: Callable[[Any], R] | None = None,
        history: tuple[Origin, ...] = (),
        report: Mapping[str, Any] | None = None,
    ) -> None:
        self.task = task
        self.history = history
        self.report = report
        self._predictor = predictor
        self._cast = cast or cast_of(task)
        self.__name__ = task.name
        self.__doc__ = task.instruction or None

    def __repr__(self) -> str:
        kind = f"{self.task.low:g}..{self.task.high:g}" if self.task.kind == "rate" else f"{len(self.task.labels)} labels" if self.task.labels else "text"
        kind += f" in {LANGUAGES.get(self.task.language, self.task.language)}" if self.task.language else ""
        last = learned_by(self.history)
        how = last.method if last else "zero-shot"
        how += ", calibrated" if isinstance(self._predictor, CalibratedPredictor) else ""
        return f"<hanshuku function {self.task.name}({', '.join(self.task.inputs)}): {self.task.kind}, {kind}, {how}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The answer for one input, in the type of the signature; None where the function was calibrated to refuse, and does."""
        return self._typed(self.predict(*args, **kwargs))

    def predict(self, *args: P.args, **kwargs: P.kwargs) -> Prediction:
        """The answer for one input with its confidence and a score for each label.

        Raises:
            DataError: an input is missing, superfluous or no text.
        """
        return self.predict_rows([bind(self.task, args, kwargs)])[0]

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The whole prompt that is sent for one input, as the model reads it, up to where its answer begins.

        Raises:
            ConfigError: the function asks no language model.
        """
        row = bind(self.task, args, kwargs)
        predictor = self.predictor([row])
        if not hasattr(predictor, "prompt"):
            last = learned_by(self.history)
            how = last.method if last else predictor.KIND
            raise ConfigError(f"{self.task.name}() was made by {how!r} and sends no prompt; prompt, in_context and prompt_search do.")
        return str(predictor.prompt(row))

    def map(self, rows: Iterable[Row], *, report: Callable[[Step], None] = silent) -> list[R]:
        """The answers for many inputs, in their order; None for a row that is refused.

        Args:
            rows: texts; tuples or dicts where the function takes a pair.
            report: called after each batch with the rows done.

        Raises:
            DataError: a row does not fit the function; the message gives its place.
        """
        return [self._typed(prediction) for prediction in self.stream(rows, report=report)]

    def predict_set(self, *args: P.args, **kwargs: P.kwargs) -> tuple[R, ...]:
        """Labels, the likeliest first, among which the right one is as often as `calibrate(coverage=...)` was told; it may be empty.

        Raises:
            ConfigError: the function was not calibrated for a coverage.
            DataError: an input is missing, superfluous or no text.
        """
        held = self.predict(*args, **kwargs).label_set
        if held is None:
            raise ConfigError(f"{self.task.name}() makes no sets of labels. Calibrate it for a coverage first: calibrate(heldout, coverage=0.9).")
        return tuple(cast("R", self._cast(label)) for label in held)

    def stream(self, rows: Iterable[Row], *, report: Callable[[Step], None] = silent) -> Iterator[Prediction]:
        """Predictions for many inputs one after the other; memory stays flat however many there are."""
        total = len(rows) if isinstance(rows, Sequence) else 0
        source, done = iter(rows), 0
        while chunk := [self.row(row, done + i) for i, row in enumerate(islice(source, BATCH))]:
            try:
                predictions = self.predict_rows(chunk)
            except RemoteError as error:
                if not done:
                    raise
                raise RemoteError(f"{error} Rows are counted from row {done:,} of the input; the {done:,} before it were answered.") from error
            yield from predictions
            done += len(chunk)
            report(Step(done, max(total, done), note="predict"))

    def write(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[str]:
        """The text of the answer piece by piece as the model writes it; together the pieces are the answer of a call.

        An object (extract) is written as JSON text.

        Raises:
            ConfigError: the answer is no text that is written token by token, or beams are set.
            DataError: an input is missing, superfluous or no text.
        """
        return self.write_row(bind(self.task, args, kwargs))

    def write_row(self, row: tuple[str, ...]) -> Iterator[str]:
        """See `write`, for a row that holds one text per input."""
        stream = getattr(self.predictor([row]), "stream", None)
        if stream is None:
            raise ConfigError(f"{self.task.name}() does not write its answer token by token: {self.task.kind} by {self.predictor().KIND}. Call it instead.")
        return cast("Iterator[str]", stream(row))

    def predict_rows(self, rows: Sequence[tuple[str, ...]]) -> list[Prediction]:
        """Predictions for rows that hold one text per input."""
        predictor = self.predictor(rows)
        if isinstance(predictor, CalibratedPredictor):
            return predictor.predictions(rows)
        return kind_of(self.task).decode(self.task, predictor.outputs(rows), predictor.threshold, rows)

    def predictor(self, rows: Sequence[tuple[str, ...]] = ()) -> Predictor:
        """What answers; where nothing was learned yet, the zero-shot predictor for the language of these rows."""
        if self._predictor is None:
            from hanshuku.functions.learn import zero_shot

            self._predictor, origin = zero_shot(self.task, [" ".join(row) for row in rows[:50]])
            self.history = (origin,)
        return self._predictor

    def learn(self, examples: Any = None, *, method: str | None = None, **options: Any) -> Function[P, R]:
        """A new function that has learned from examples; one that has learned already learns on, and forgets little.

        Args:
            examples: Examples, or whatever `read` takes: a file, a frame, a list of dicts. None: for methods that learn nothing.
            method: a name in METHODS. None: "auto" where nothing was learned so far, else "continual", which goes on from what is there
                and takes labels that are new. Any other name learns anew, from these examples alone.
            **options: see `hanshuku.functions.learn.learn`: model, budget, validation, seed, folder, track, report, accept_licence, and the
                method's own settings. Learning on takes `earlier=` too, rows learned from before, and no model.

        Raises:
            ConfigError: it has learned already in a way that cannot go on, and no method is named.
        """
        from hanshuku.functions.learn import learn
        from hanshuku.functions.learn_on import grown_cast, has_learned, learn_on

        if method in {None, "continual"} and has_learned(self.history):
            task, predictor, origin = learn_on(self.task, uncalibrated(self.predictor()), self.history, examples, **options)
            cast = self._cast if task.labels == self.task.labels else grown_cast(self._cast, cast_of(task), self.task.labels)
            return Function(task, predictor, cast=cast, history=(*self.history, origin))
        predictor, origin = learn(self.task, examples, method=method or "auto", **options)
        return Function(self.task, predictor, cast=self._cast, history=(*self.history, origin))

    def calibrate(self, heldout: Any, **asked: Any) -> Function[P, R]:
        """A new function with honest probabilities, which may refuse what it is unsure of or what is out of its scope, and give sets of labels.

        The answers themselves stay. What is learned on later is no longer calibrated: calibrate anew.

        Args:
            heldout: labelled rows that it has not learned from; Examples, or whatever `read` takes. Rows with labels that it does not know are out of scope.
            **asked: see `hanshuku.functions.calibrate.Calibration`: scaling ("temperature"), risk, sure, coverage, sets, scope, keep, seed; and `train`,
                rows that it has learned from, for the scopes "mahalanobis" and "knn".

        Raises:
            ConfigError: a value is not legal, or the function gives no labels.
            DataError: the rows do not fit, are too few for what is asked, or are those it has learned from.
        """
        from hanshuku.functions.calibrate import calibrate

        self._ready(heldout)
        predictor, origin = calibrate(self, heldout, **asked)
        return Function(self.task, predictor, cast=self._cast, history=(*self.history, origin))

    @property
    def refuses(self) -> bool:
        """Whether it was calibrated to refuse some rows."""
        return isinstance(self._predictor, CalibratedPredictor) and self._predictor.refuses

    def without_rows(self) -> Function[P, R]:
        """The same function without the rows that `continual` stored in it, to be given away; it answers as before.

        Raises:
            ConfigError: it stores none.
        """
        predictor: Any = self.predictor()
        if not getattr(getattr(predictor, "past", None), "stored", 0):
            raise ConfigError(f"{self.task.name}() stores no rows.")
        base: Any = uncalibrated(predictor)
        return Function(self.task, rebased(predictor, base.without_rows()), cast=self._cast, history=self.history, report=self.report)

    def merge(self) -> Function[P, R]:
        """The same function with its LoRA, DoRA or IA3 (or biases, or top layers) made part of the weights: saved, its `model/` is a plain transformers folder.

        It answers as before and needs neither peft nor the base model, but takes the room of the whole model.

        Raises:
            ConfigError: it holds nothing that becomes part of the weights.
        """
        from hanshuku.functions.merge import merged

        predictor = self.predictor()
        return Function(self.task, rebased(predictor, merged(uncalibrated(predictor))), cast=self._cast, history=self.history, report=self.report)

    def save(self, path: str | Path) -> Path:
        """Write the function to a folder, by custom NAME.fn; a function that stands there is replaced in one step.

        Raises:
            StorageError: the disk is full or cannot be written; what was there is untouched.
            FunctionFolderError: something else stands at `path`.
        """
        from hanshuku.functions.store import save

        self.predictor()
        return save(self, Path(path))

    def row(self, row: Row, place: int) -> tuple[str, ...]:
        """One text per input from a row given as a text, a sequence or a dict.

        Raises:
            DataError: the row does not fit; the message gives its place, counted from 0.
        """
        try:
            if isinstance(row, str) or (self.task.kind == "chat" and _is_conversation(row)):
                return bind(self.task, (row,), {})
            return bind(self.task, (), dict(row)) if isinstance(row, Mapping) else bind(self.task, tuple(row), {})
        except (DataError, TypeError) as error:
            raise DataError(f"Row {place} does not fit: {error}") from error

    def _typed(self, prediction: Prediction) -> R:
        return cast("R", None if prediction.reason else self._cast(prediction.output))


def _is_conversation(row: Row) -> bool:
    """Whether it is turns, and not a sequence of one value an input."""
    return isinstance(row, Sequence) and len(row) > 0 and isinstance(row[0], Mapping)
