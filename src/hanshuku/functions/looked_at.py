"""What is measured and told of a function: the verbs of Function that look at it and change nothing of what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hanshuku.functions.rows import bind
from hanshuku.inference.base import Predictor
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.evaluation.diff.found import FunctionDiff
    from hanshuku.evaluation.drift.found import Drift
    from hanshuku.evaluation.report import Report
    from hanshuku.explain.base import Explanation
    from hanshuku.explain.drivers import Drivers
    from hanshuku.functions.clean import WrongLabels
    from hanshuku.functions.core import Function
    from hanshuku.functions.curve import LearningCurve
    from hanshuku.functions.origin import Origin
    from hanshuku.functions.suggest import Suggestion
    from hanshuku.functions.suite import SuiteResult
    from hanshuku.safety.attacks import Attack


class LookedAt:
    """The half of `Function` that measures and explains; each verb is a module of its own here."""

    task: Task
    history: tuple[Origin, ...]
    report: Mapping[str, Any] | None
    _predictor: Predictor | None

    if TYPE_CHECKING:

        def predictor(self, rows: Sequence[tuple[str, ...]] = ()) -> Predictor:
            """See `Function.predictor`."""

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

        row = bind(self.task, inputs, {name: options.pop(name) for name in self.task.inputs if name in options})
        return explain(self._me, [row], **options)[0]

    def drivers(self, examples: Any, **options: Any) -> Drivers:
        """Which words speak for each label, on average over many rows, with 95% intervals.

        Args:
            examples: Examples, or whatever `read` takes; labels are not needed.
            **options: see `hanshuku.functions.explain.drivers`: rows, method, samples, seed, report.
        """
        from hanshuku.functions.explain import drivers

        return drivers(self._me, examples, **options)

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

        return diff([self._me, other], test, **options)

    def attack(self, examples: Any, how: str = "words", **options: Any) -> Attack:
        """How easily right answers are turned by texts that mean the same: success with its interval, queries, and the texts that do it.

        Args:
            examples: labelled Examples, or whatever `read` takes.
            how: "words", near words that keep the sense; "characters", slips that people read over.
            **options: see `hanshuku.functions.attack.attack`: rows, queries, seed, report.
        """
        from hanshuku.functions.attack import attack

        self._ready(examples)
        return attack(self._me, examples, how, **options)

    def check_suite(self, suite: str | Path | Sequence[str | Path], **options: Any) -> SuiteResult:
        """Answer every row of a regression suite, rows that must never be wrong again, and say which are.

        Args:
            suite: one file or several, as `hanshuku.functions.suite.add_to_suite` or `hanshuku suite add` writes them.
            **options: see `hanshuku.functions.suite.check_suite`: tags, report.

        Raises:
            DataError: a file cannot be read, a row does not fit, or rows contradict each other.
        """
        from hanshuku.functions.suite import check_suite

        return check_suite(self._me, suite, **options)

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

        return drift(self._me, live, train, **options)

    def suggest(self, texts: Any, n: int = 20, **options: Any) -> tuple[Suggestion, ...]:
        """The n rows to label next, each with the function's guess and why it was chosen.

        Args:
            texts: unlabelled rows as `map` takes them, a file, Examples or a Stream.
            n: rows to choose.
            **options: see `hanshuku.functions.suggest.suggest`: by, how, labelled, model, seed, report.
        """
        from hanshuku.functions.suggest import suggest

        return suggest(self._me, texts, n=n, **options)

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

    def _ready(self, examples: Any) -> None:
        """Let a zero-shot function see some of the examples first, so that it takes a model of their language."""
        if self._predictor is None:
            from hanshuku.functions.learn import encoded

            rows, _ = encoded(self.task, examples, labelled=False)
            self.predictor(rows.inputs[:50])

    @property
    def _me(self) -> Function[..., Any]:
        return cast("Function[..., Any]", self)
