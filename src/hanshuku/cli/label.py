"""hanshuku label: label rows by hand, in a terminal or from a pipe."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples
from hanshuku.errors import ConfigError
from hanshuku.tasks.shown import line_of

if TYPE_CHECKING:
    from hanshuku.data.examples import Examples
    from hanshuku.functions.core import Function
    from hanshuku.functions.labelling import LabelFile
    from hanshuku.functions.suggest import Suggestion
    from hanshuku.tasks import Task

FEW = 12  # labels that are shown with their keys at every row; of more, at `?`
AHEAD = 100  # rows that are put in order by what the function makes of them; the others follow as they stand in the file
HELP = "a key, a label's name or a part of it; Enter takes the guess; s skips, u undoes, ? shows the labels, q quits"


def command(
    data: Annotated[str, typer.Argument(metavar="FILE", help="Rows to label, in any format that learn reads.")],
    out: Annotated[str, typer.Option(help="The file that grows by a row with each answer, .jsonl; run again, it goes on where it stopped.")] = "labelled.jsonl",
    labels: Annotated[str, typer.Option(help="The labels, with commas.")] = "",
    fn: Annotated[str, typer.Option("--fn", help="A saved function: its labels, its guess at each row, and what it is unsure of first.")] = "",
    several: Annotated[bool, typer.Option("--several", help="An answer is a set of labels, which may be empty.")] = False,
    scale: Annotated[str, typer.Option(help="Numbers instead of labels: least,greatest, such as 1,5.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Label rows by hand. Each answer is on the disk before the next row is shown."""
    from hanshuku.functions.labelling import LabelFile
    from hanshuku.functions.store import load

    if not out.endswith(".jsonl"):
        raise ConfigError(f"--out is a .jsonl file, to which rows can be added one by one. Received: {out!r}.")
    rows = read_examples(data, columns, encoding)
    function = load(fn) if fn else None
    task = function.task if function else _task(rows, labels, scale, several=several)
    if function and (labels or scale or several):
        raise ConfigError("--fn says what the labels are. Leave --labels, --scale and --several out.")
    if task.kind not in ("classify", "rate"):
        raise ConfigError(f"Rows are labelled by hand for classify and rate. Received a function of kind {task.kind!r}.")
    stream = sys.stderr if json else sys.stdout
    with LabelFile(out) as file:
        todo = _todo(task, rows, file)
        with progress(quiet=quiet or json) as report:
            ordered = _ordered(function, task, rows, todo, file, seed, report)
        session = _Session(task, rows, file, ordered, lambda text: print(text, file=stream, flush=True))
        session.run()
    counted = {"labelled": len(file.rows), "now": session.now, "skipped": session.skipped, "left": len(todo) - session.now, "out": out}
    if json:
        print_json(counted)
    else:
        print(f"{session.now} labelled now, {len(file.rows)} in {out}, {counted['left']} left", file=stream)


def _task(rows: Examples, labels: str, scale: str, *, several: bool) -> Task:
    """The task that the options state."""
    from hanshuku.data.infer import infer_task
    from hanshuku.data.match import one_text, pair_of_texts
    from hanshuku.data.roles import find_pairs
    from hanshuku.tasks import Task

    names = [label.strip() for label in labels.replace("，", ",").split(",") if label.strip()]
    if bool(names) == bool(scale):
        raise ConfigError("Say what an answer is: --labels a,b or --scale 1,5 (or --fn NAME.fn).")
    if scale:
        try:
            low, high = map(float, scale.replace("，", ",").split(","))
        except ValueError:
            raise ConfigError(f"--scale is least,greatest, such as 1,5. Received: {scale!r}.") from None
        inputs = pair_of_texts(list(rows.names), rows) if find_pairs(rows.names) else (one_text(list(rows.names), rows)[0],)
        return Task("rate", tuple(inputs), low=low, high=high)
    return infer_task(rows, kind="several" if several else None, labels=names)


def _todo(task: Task, rows: Examples, file: LabelFile) -> list[int]:
    """Rows with text that are not in the file yet, each text once."""
    from hanshuku.data.encode import input_rows
    from hanshuku.data.split import normal_text

    def key(texts: Sequence[Any]) -> tuple[str, ...]:
        return tuple(normal_text(str(text)) for text in texts)

    inputs = [key(row) for row in input_rows(task, rows)]
    columns = _input_columns(task, rows)
    seen = {key([row.get(name, "") for name in columns]) for row in file.rows}
    todo = []
    for place, row in enumerate(inputs):
        if any(row) and row not in seen:
            seen.add(row)
            todo.append(place)
    return todo


def _input_columns(task: Task, rows: Examples) -> tuple[str, ...]:
    from hanshuku.data.match import match_columns

    return match_columns(task, rows, labelled=False).inputs


def _ordered(
    function: Function[..., Any] | None, task: Task, rows: Examples, todo: list[int], file: LabelFile, seed: int, report: Callable[..., None]
) -> list[tuple[int, Suggestion | None]]:  # fmt: skip
    """Positions in the order in which they are shown, with the function's guess where one is at hand."""
    from hanshuku.data.read import read
    from hanshuku.functions.suggest import suggest

    if function is None or not todo:
        return [(place, None) for place in todo]
    known = read([{name: row.get(name, "") for name in _input_columns(task, rows)} for row in file.rows]) if file.rows else None
    found = suggest(function, rows.take(todo), n=min(AHEAD, len(todo)), labelled=known, seed=seed, report=report)
    first = {todo[each.row]: each for each in found}
    return [*first.items(), *((place, None) for place in todo if place not in first)]


@dataclass
class _Session:
    """One sitting."""

    task: Task
    rows: Examples
    file: LabelFile
    order: list[tuple[int, Suggestion | None]]
    say: Callable[[str], None]
    now: int = 0  # labelled in this sitting
    skipped: int = 0
    answered: list[int] = field(default_factory=list)  # places in the order, for undo

    def run(self) -> None:
        """Ask until all is labelled, or the user, or the input, ends it."""
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a stray byte is no answer, and ends nothing
        self.say(f"{len(self.order)} rows to label; {HELP}" if self.order else "every row is labelled already")
        if len(self.task.labels) > FEW:
            self.say(self._labels())
        at = 0
        while at < len(self.order):
            self._show(at)
            typed = self._ask()
            if typed is None or self._command(typed) == "q":
                return
            at = self._step(at, typed)

    def _step(self, at: int, typed: str) -> int:
        """Take what was typed; the place that comes next."""
        from hanshuku.functions.labelling import Unclear, understood

        word, guess = self._command(typed), self.order[at][1]
        if word == "?":
            self.say(self._labels() if self.task.labels else HELP)
            return at
        if word == "u":
            return self._undo(at)
        if word == "s":
            self.skipped += 1
            return at + 1
        try:
            answer = guess.guess if not typed and guess and guess.guess is not None else understood(self.task, typed)
        except Unclear as unclear:
            self.say(f"  {unclear}. {HELP}" if typed else f"  {HELP}")
            return at
        answer = list(answer) if isinstance(answer, tuple) else answer
        row = {name: cell for name, cell in self.rows.row(self.order[at][0]).items() if name not in {"guess", "confidence", "reason"}}
        column = "score" if self.task.kind == "rate" else "labels" if self.task.several else "label"
        self.file.add({**row, column: answer})
        self.say(f"  = {line_of(tuple(answer) if isinstance(answer, list) else answer) or '(none)'}")
        self.now += 1
        self.answered.append(at)
        return at + 1

    def _command(self, typed: str) -> str:
        """The command that was typed, "" where it is none; a label of that name goes before, and the command is then :s, :u, :q."""
        word = typed.casefold()
        return "" if word in map(str.casefold, self.task.labels) else word.removeprefix(":")

    def _undo(self, at: int) -> int:
        if not self.answered:
            self.say("  nothing was labelled in this sitting yet")
            return at
        self.file.undo()
        self.now -= 1
        return self.answered.pop()

    def _show(self, at: int) -> None:
        place, guess = self.order[at]
        file, line = self.rows.origin(place)
        self.say(f"\n[{at + 1} of {len(self.order)}] {file}:{line}" + (f"  {guess.reason}" if guess else ""))
        for name in _input_columns(self.task, self.rows):
            self.say(f"  {self.rows.row(place)[name]}")
        if 0 < len(self.task.labels) <= FEW:
            self.say(self._labels())
        if guess and guess.guess is not None:
            sure = "" if guess.confidence is None else f" ({guess.confidence:.2f})"
            self.say(f"  Enter: {line_of(guess.guess) or '(none)'}{sure}")

    def _labels(self) -> str:
        from hanshuku.functions.labelling import keys_of

        keys = {label: key for key, label in keys_of(self.task.labels, several=self.task.several).items()}
        return "  " + "  ".join(f"{keys[label]} {label}" if label in keys else label for label in self.task.labels)

    def _ask(self) -> str | None:
        """What is typed, without blanks around; None at the end of the input."""
        try:
            if sys.stdin.isatty():
                return input("> ").strip()
            line = sys.stdin.readline()
        except (EOFError, KeyboardInterrupt):
            return None
        return line.strip() if line else None
