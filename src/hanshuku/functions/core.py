"""Function: a typed callable whose behaviour is learned, and its verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.origin import learned_by
from hanshuku.inference.base import Predictor
from hanshuku.inference.calibrated import CalibratedPredictor, rebased, uncalibrated
from hanshuku.tasks import Prediction, Task, kind_of
from hanshuku.tasks.signature import cast_of
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.evaluation.diff.found import FunctionDiff
    from hanshuku.evaluation.drift.found import Drift
    from hanshuku.evaluation.report import Report
    from hanshuku.explain.base import Explanation
    from hanshuku.explain.drivers import Drivers
    from hanshuku.functions.clean import WrongLabels
    from hanshuku.functions.curve import LearningCurve
    from hanshuku.functions.origin import Origin
    from hanshuku.functions.suggest import Suggestion
    from hanshuku.functions.suite import SuiteResult
    from hanshuku.safety.attacks import Attack

P = ParamSpec("P")
R = TypeVar("R")
Row = str | Sequence[Any] | Mapping[str, Any]  # one text; one value an input; or input name -> value
BATCH = 1024  # rows handed to a predictor at once: enough to sort by length, little enough to keep memory flat


class Function(Generic[P, R]):
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
        return self.predict_rows([self._bind(args, kwargs)])[0]

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The whole prompt that is sent for one input, as the model reads it, up to where its answer begins.

        Raises:
            ConfigError: the function asks no language model.
        """
        row = self._bind(args, kwargs)
        predictor = self.predictor([row])
        if not hasattr(predictor, "prompt"):
            last = learned_by(self.history)
            how = last.method if last else predictor.KIND
            raise ConfigError(f"{self.task.name}() was made by {how!r} and sends no prompt; prompt, in_context and prompt_search do.")
        return str(predictor.prompt(row))

    def explain(self, *inputs: Any, **options: Any) -> Explanation:
        """What each word of one input did to the answer; a notebook shows it in colour.

        Args:
            *inputs: as in a call; by name in `options` too.
            **options: see `hanshuku.functions.explain.explain`: method, label, examples, samples, seed.

        Raises:
            DataError: an input is missing, superfluous or no text.
            ConfigError: answers of this kind, or this function, cannot be explained so.
        """
        from hanshuku.functions.explain import explain

        row = self._bind(inputs, {name: options.pop(name) for name in self.task.inputs if name in options})
        return explain(self, [row], **options)[0]

    def drivers(self, examples: Any, **options: Any) -> Drivers:
        """Which words speak for each label, on average over many rows, with 95% intervals.

        Args:
            examples: Examples, or whatever `read` takes; labels are not needed.
            **options: see `hanshuku.functions.explain.drivers`: rows, method, samples, seed, report.
        """
        from hanshuku.functions.explain import drivers

        return drivers(self, examples, **options)

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
            yield from self.predict_rows(chunk)
            done += len(chunk)
            report(Step(done, max(total, done), note="predict"))

    def write(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[str]:
        """The text of the answer piece by piece as the model writes it; together the pieces are the answer of a call.

        An object (extract) is written as JSON text.

        Raises:
            ConfigError: the answer is no text that is written token by token, or beams are set.
            DataError: an input is missing, superfluous or no text.
        """
        return self.write_row(self._bind(args, kwargs))

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

    def evaluate(self, examples: Any, *, seed: int = 0, report: Callable[[Step], None] = silent, **looks: Any) -> Report:
        """Measured quality and cost on labelled examples that were not learned from, and what else a report looks at.

        The function keeps the report, without the texts of single rows, and saves it.

        Args:
            examples: Examples, or whatever `read` takes.
            seed: of the bootstrap, and of the rows that are drawn to be asked again.
            report: called with progress.
            **looks: see `hanshuku.functions.evaluate.Looks`: checks, ood, same, behaviours, groups, paraphrase, rows, curve.

        Raises:
            DataError: the examples do not fit the task.
            UnknownName: there is no such check, column or argument.
        """
        from hanshuku.functions.evaluate import evaluate
        from hanshuku.functions.evaluate import looks as asked

        wanted = asked(looks)
        self._ready(examples)
        found = evaluate(self.task, self.predictor(), examples, seed=seed, report=report, history=self.history, asked=wanted)
        self.report = found.without_texts().to_json()
        return found

    def compare_with(self, other: Function[..., Any] | str | Path, test: Any, **options: Any) -> FunctionDiff:
        """This function, as "before", and another one on the same labelled rows: what differs, how sure that is, and which answers changed.

        Args:
            other: a function, or the folder of a saved one.
            test: labelled examples that neither has learned from, or whatever `read` takes.
            **options: see `hanshuku.functions.diff.diff`: seed, report.

        Raises:
            ConfigError: the two do not do the same kind of thing.
            DataError: the rows do not fit the task.
        """
        from hanshuku.functions.diff import diff

        return diff([self, other], test, **options)

    def attack(self, examples: Any, how: str = "words", **options: Any) -> Attack:
        """How easily right answers are turned by texts that mean the same: success with its interval, queries, and the texts that do it.

        Args:
            examples: labelled Examples, or whatever `read` takes.
            how: "words", near words that keep the sense; "characters", slips that people read over.
            **options: see `hanshuku.functions.attack.attack`: rows, queries, seed, report.
        """
        from hanshuku.functions.attack import attack

        self._ready(examples)
        return attack(self, examples, how, **options)

    def check_suite(self, suite: str | Path | Sequence[str | Path], **options: Any) -> SuiteResult:
        """Answer every row of a regression suite, rows that must never be wrong again, and say which are.

        Args:
            suite: one file or several, as `hanshuku.functions.suite.add_to_suite` or `hanshuku suite add` writes them.
            **options: see `hanshuku.functions.suite.check_suite`: tags, report.

        Raises:
            DataError: a file cannot be read, a row does not fit, or rows contradict each other.
        """
        from hanshuku.functions.suite import check_suite

        return check_suite(self, suite, **options)

    def drift(self, live: Any, train: Any = None, **options: Any) -> Drift:
        """Whether what the function is asked now is still what it learned from, and what that may do to its answers.

        Args:
            live: new rows without labels: Examples, whatever `read` takes, or a log of `hanshuku serve --log`.
            train: rows that it learned from; None: the summary that was kept when it learned.
            **options: see `hanshuku.functions.drift.drift`: test, window, time, name, rows, features, level, seed, report.

        Raises:
            ConfigError: there is neither train nor a summary, or a value is outside its range.
            DataError: the rows do not fit, or are fewer than 20.
        """
        from hanshuku.functions.drift import drift

        return drift(self, live, train, **options)

    def suggest(self, texts: Any, n: int = 20, **options: Any) -> tuple[Suggestion, ...]:
        """The n rows to label next, each with the function's guess and why it was chosen.

        Args:
            texts: unlabelled rows as `map` takes them, a file, Examples or a Stream.
            n: rows to choose.
            **options: see `hanshuku.functions.suggest.suggest`: by, how, labelled, model, seed, report.
        """
        from hanshuku.functions.suggest import suggest

        return suggest(self, texts, n=n, **options)

    def learning_curve(self, examples: Any, **options: Any) -> LearningCurve:
        """How good a method is at several numbers of rows, and what more labels would bring; what the function has learned is not used.

        Args:
            examples: labelled Examples, or whatever `read` takes.
            **options: see `hanshuku.functions.curve.learning_curve`: more, method, model, repeats, seed, report, and the method's own settings.
        """
        from hanshuku.functions.curve import learning_curve

        return learning_curve(examples, task=self.task, **options)

    def wrong_labels(self, examples: Any, **options: Any) -> WrongLabels:
        """The rows whose label seems wrong, the surest first, told from out-of-fold answers; what the function has learned is not used.

        Args:
            examples: labelled Examples, or whatever `read` takes.
            **options: see `hanshuku.functions.clean.wrong_labels`: method, model, folds, at_least, seed, report, and the method's own settings.
        """
        from hanshuku.functions.clean import wrong_labels

        return wrong_labels(examples, task=self.task, **options)

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
            if isinstance(row, str) or (self.task.kind == "chat" and not isinstance(row, Mapping)):
                return self._bind((row,), {})
            return self._bind((), dict(row)) if isinstance(row, Mapping) else self._bind(tuple(row), {})
        except (DataError, TypeError) as error:
            raise DataError(f"Row {place} does not fit: {error}") from error

    def _typed(self, prediction: Prediction) -> R:
        return cast("R", None if prediction.reason else self._cast(prediction.output))

    def _bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, ...]:
        names = self.task.inputs
        given = dict(zip(names, args)) | dict(kwargs)  # noqa: B905 - counted below
        if len(args) > len(names) or len(args) + len(kwargs) != len(names) or set(given) != set(names):
            received = [*("a text" for _ in args), *kwargs]
            raise DataError(f"{self.task.name}() takes {' and '.join(names)}. Received: {', '.join(received) or 'nothing'}.")
        parse = getattr(kind_of(self.task), "parse_input", None)
        for name, value in given.items():
            if parse is None and not isinstance(value, str):
                raise DataError(f"{self.task.name}() takes text for {name!r}. Received: {type(value).__name__}.")
            try:
                given[name] = value if parse is None else parse(self.task, name, value)
            except ValueError as error:
                raise DataError(f"{self.task.name}() cannot take this for {name!r}: {error}.") from None
        return tuple(given[name] for name in names)

    def _ready(self, examples: Any) -> None:
        """Let a zero-shot function see some of the examples first, so that it takes a model of their language."""
        if self._predictor is None:
            from hanshuku.functions.learn import encoded

            rows, _ = encoded(self.task, examples, labelled=False)
            self.predictor(rows.inputs[:50])


