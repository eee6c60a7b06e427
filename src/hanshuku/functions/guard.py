"""guard: rules round a function: personal data masked or refused, toxic texts and attacks refused, the user's own rules; counted and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, FunctionFolderError
from hanshuku.functions.core import Function, P, R
from hanshuku.functions.rows import bind
from hanshuku.safety.guard import Counts, Guard
from hanshuku.safety.injection import injection_of
from hanshuku.safety.pii import Tagger, checked_tagger
from hanshuku.safety.predictor import GuardedPredictor
from hanshuku.safety.rows import Masker, masked_columns, masked_encoded
from hanshuku.safety.settings import Pii, Toxicity, rule_of
from hanshuku.tasks import TEXT_KINDS, WRITTEN_KINDS, Prediction
from hanshuku.training.run import Step, silent

FOLDER = "guard"  # below a saved function: the functions that its guard asks
T = TypeVar("T")


class Guarded(Function[P, R]):
    """A function behind a guard: it is called, learned, measured, saved and served as any other.

    A refused input gives, where the answer is a text, the refusal; else None. `predict` says why: `prediction.reason`. What it learns from and is
    measured on is masked as its inputs are.

    Attributes:
        inner: the function itself.
        guard: the rules.
    """

    def __init__(self, inner: Function[P, R], guard: Guard, report: Mapping[str, Any] | None = None) -> None:
        super().__init__(inner.task, cast=inner._cast, history=inner.history, report=report)
        self.inner, self.guard = inner, guard
        self._guarded: GuardedPredictor | None = None

    def __repr__(self) -> str:
        return f"<guarded {repr(self.inner)[1:-1]}>"

    @property
    def refuses(self) -> bool:
        """Whether it may refuse a row: a guarded function may."""
        return True

    @property
    def counts(self) -> dict[str, int]:
        """How often each rule did something since the function was made or loaded: ``{"input.pii.email": 3, "input.blocked": 1, "input.rows": 200 ...}``."""
        return self.guard.counts.to_json()

    def predict_rows(self, rows: Sequence[tuple[str, ...]]) -> list[Prediction]:
        """Predictions for rows that hold one text per input; what is refused has a reason."""
        return cast("list[Prediction]", self.predictor(rows).predictions(rows))

    def predictor(self, rows: Sequence[tuple[str, ...]] = ()) -> Any:
        """What answers, a `GuardedPredictor`, behind the guard."""
        if self._guarded is None:
            self._guarded = GuardedPredictor(self.inner.predictor(rows), self.guard)
            self.history = self.inner.history
        return self._guarded

    def learn(self, examples: Any = None, *, method: str | None = None, **options: Any) -> Guarded[P, R]:
        """A new function that has learned from examples, masked as its inputs will be, behind the same guard; see `Function.learn`."""
        for name in ("validation", "earlier"):
            if options.get(name) is not None:
                options[name] = self._masked(options[name])
        rows = None if examples is None else self._masked(examples)
        return self._round(self.inner.learn(rows, method=method, **options))

    def calibrate(self, heldout: Any, **asked: Any) -> Guarded[P, R]:
        """See `Function.calibrate`; the rows are masked first, and what comes of it is behind the same guard."""
        return self._round(self.inner.calibrate(self._masked(heldout, unknown_labels="keep"), **asked))

    def merge(self) -> Guarded[P, R]:
        """See `Function.merge`."""
        return self._round(self.inner.merge())

    def without_rows(self) -> Guarded[P, R]:
        """See `Function.without_rows`."""
        return self._round(self.inner.without_rows())

    def explain(self, *inputs: Any, **options: Any) -> Any:
        """See `Function.explain`, of the input as the function reads it: masked.

        Raises:
            ConfigError: the guard refuses the input.
        """
        row = bind(self.task, inputs, {name: options.pop(name) for name in self.task.inputs if name in options})
        (checked,) = self.guard.read(self.task, [row])
        if checked.reason:
            raise ConfigError(f"{self.task.name}() does not answer this input, which its guard refuses ({checked.reason}), so there is nothing to explain.")
        return self.inner.explain(*self.guard.rewritten(self.task, row, checked), **options)

    def evaluate(self, examples: Any, *, seed: int = 0, report: Callable[[Step], None] = silent, **looks: Any) -> Any:
        """See `Function.evaluate`. Nothing personal stands in the report: rows, their other columns, sets of another domain and behavioural tests are
        masked or, where personal data is refused, the report shows no texts. What is refused counts as not answered: no label, no entity, the
        refusal as the text.
        """
        rows, notes = (examples, ()) if isinstance(examples, Encoded) else encode(self.task, read(examples), unknown_labels="keep", keep_columns=True)
        masker = self.masker
        blocks = self.guard.pii is not None and self.guard.pii.action == "block"
        if masker is not None:
            apart = str(looks.get("groups") or "")
            rows = masked_columns(rows, masker, apart) if blocks else masked_encoded(rows, masker, apart)
        found = super().evaluate(rows, seed=seed, report=report, **looks)
        found = replace(found, notes=(*map(str, notes), *found.notes))
        if masker is None:
            return found
        return (found.without_texts() if blocks else found).with_texts(masker.text)  # what stands in files of tests and sets of another domain too

    def save(self, path: str | Path) -> Path:
        """See `Function.save`; the guard is kept in function.json as plain data, the functions it asks beside it.

        Raises:
            ConfigError: a rule is Python code.
        """
        self.guard.to_json()  # what cannot be saved is said before anything is written
        return super().save(path)

    def _round(self, inner: Function[P, R]) -> Guarded[P, R]:
        """Another function behind the same guard, which counts anew."""
        return Guarded(inner, replace(self.guard, counts=Counts()))

    def _masked(self, examples: Any, **options: Any) -> Encoded:
        if not isinstance(examples, Encoded):
            examples = encode(self.task, read(examples), **options)[0]
        masker = self.masker
        return cast("Encoded", examples) if masker is None else masked_encoded(examples, masker)

    @property
    def masker(self) -> Masker | None:
        """What masks personal data in what it is given; None where that is not looked for."""
        pii = self.guard.pii
        return None if pii is None or "input" not in pii.sides else Masker(replace(pii, action="mask"), self.guard.names)

    def _typed(self, prediction: Prediction) -> R:
        return cast("R", None if prediction.output is None else self._cast(prediction.output))


def guard(
    function: Function[P, R],
    *,
    pii: str | Pii | None = "mask",
    toxicity: Function[..., Any] | Toxicity | None = None,
    injection: bool | float | Any = None,
    rules: Iterable[Any] = (),
    refusal: str = "",
    names: Tagger | None = None,
    allow: Iterable[str] = (),
) -> Guarded[P, R]:
    """The function behind rules for what comes in and what goes out; the function itself stays as it is.

    Args:
        function: any; one that is guarded already gets this guard instead.
        pii: personal data in inputs and answers: "mask" (the function reads [EMAIL]), "block" (the input or answer is refused), None, or a `Pii` with
            more settings: placeholders that are put back, kinds, sides.
        toxicity: a function that classifies one text; its labels that say so (toxic, hate, true, 有害 ...) refuse an input or an answer. A `Toxicity`
            says which labels, from which probability, on which side.
        injection: attacks on the instruction of a language model: True, False, a score from which an input is refused (0.5), a function that tells
            them, or an `Injection`. None: True where the function writes texts.
        rules: the user's own: words, compiled regular expressions, functions of a text (True or a reason refuses it), `Rule`s.
        refusal: what is answered instead where the answer is a text; "": a sentence in English or Chinese, as the input is.
        names: a function that tags people; None: names are found by our lists and the words round them.
        allow: texts that are never masked; "*@example.com": all that end so.

    Raises:
        ConfigError: a setting has a value outside its range, the labels of `toxicity` do not say which refuse, or `names` tags no people.
    """
    inner: Function[P, R] = function.inner if isinstance(function, Guarded) else function
    if not isinstance(inner, Function):
        raise ConfigError(f"guard takes a function: hk.classify(...), hk.load('NAME.fn'), a decorated one. Received: {type(function).__name__}.")
    if isinstance(rules, (str, bytes)):
        raise ConfigError(f"rules is a list. Received the text {rules!r}; write rules=[{rules!r}].")
    task = inner.task
    wanted = Pii(action=pii) if isinstance(pii, str) else pii
    if wanted is not None and (more := tuple(allow)):
        wanted = replace(wanted, allow=(*wanted.allow, *more))
    names = None if names is None else checked_tagger(names)
    if injection and task.kind not in WRITTEN_KINDS:
        raise ConfigError(f"Attacks on an instruction are screened where a language model writes: {', '.join(sorted(TEXT_KINDS))}. {task.name}() does {task.kind}.")
    screen = injection_of(task.kind in WRITTEN_KINDS if injection is None else injection)
    judge = toxicity if isinstance(toxicity, Toxicity) or toxicity is None else Toxicity(toxicity)
    return Guarded(inner, Guard(wanted, names, judge, screen, tuple(map(rule_of, rules)), refusal))


def judges(guard: Guard) -> dict[str, Any]:
    """The functions that a guard asks, under the names of their folders."""
    found = {"names": guard.names, "toxicity": guard.toxicity and guard.toxicity.function, "judge": guard.injection and guard.injection.judge and guard.injection.judge.function}
    return {name: one for name, one in found.items() if one is not None}


def packed(guarded: Guarded[Any, Any], folder: Path) -> dict[str, Any]:
    """Write the functions that the guard asks below `folder`; return its settings as JSON data."""
    for name, judge in judges(guarded.guard).items():
        if not isinstance(judge, Function):
            raise ConfigError(f"The guard's {name} is no Hanshuku function and cannot be saved: {type(judge).__name__}.")
        judge.save(folder / FOLDER / f"{name}.fn")
    return guarded.guard.to_json()


def unpacked(function: Function[P, R], data: Mapping[str, Any], folder: Path, load: Callable[[Path], Any]) -> Guarded[P, R]:
    """The guarded function that `packed` wrote.

    Raises:
        FunctionFolderError: the settings are damaged.
    """
    try:
        found = {name: load(folder / FOLDER / f"{name}.fn") for name in ("names", "toxicity", "judge") if (folder / FOLDER / f"{name}.fn").exists()}
        return Guarded(function, Guard.from_json(data, found), report=function.report)
    except (KeyError, TypeError, ValueError) as error:
        raise FunctionFolderError(f"{folder} is damaged: its guard cannot be read ({error!r}). Copy the function again.") from error

