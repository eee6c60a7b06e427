"""hanshuku explain: what each word did to an answer, and which words drive each label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.call import given_rows, rows_of
from hanshuku.cli.common import (
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    print_json,
    print_notes,
    progress,
    read_examples,
    stdout,
)
from hanshuku.errors import ConfigError

if TYPE_CHECKING:
    from hanshuku.functions.core import Function

AT_ONCE = 64  # rows of --input that are explained before they are shown


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts; a function of two takes them two by two.")] = None,
    input_: Annotated[str, typer.Option("--input", metavar="FILE", help="A file of rows, each of which is explained.")] = "",
    method: Annotated[str, typer.Option(help="occlusion, shap, lime, integrated_gradients (encoders); auto: occlusion.")] = "auto",
    label: Annotated[list[str] | None, typer.Option(help="What is explained: a label, a kind of entity, a candidate; else what was answered. May be repeated.")] = None,
    examples: Annotated[str, typer.Option(metavar="TRAIN", help="Labelled rows, best those it learned from: the nearest, and those with most influence, are shown.")] = "",
    global_: Annotated[str, typer.Option("--global", metavar="FILE", help="Which words drive each label over these rows.")] = "",
    faithfulness: Annotated[str, typer.Option(metavar="FILE", help="How true the method is to the function on these rows, against random words.")] = "",
    rows: Annotated[int, typer.Option(min=1, help="Most rows of --global and --faithfulness, drawn by --seed.")] = 200,
    samples: Annotated[int, typer.Option(min=0, help="Variants a row that shap and lime ask; 0: as many as the words call for.")] = 0,
    html: Annotated[str, typer.Option(metavar="FILE", help="Write it as one page that needs no network.")] = "",
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Explain the answers to texts or the rows of --input; with --global the words that drive each label. With --json one object a line."""
    from hanshuku.explain.wording import words_in
    from hanshuku.functions.store import load

    title = words_in(language)["title"]
    if sum(map(bool, (texts, input_, global_, faithfulness))) != 1:
        raise ConfigError("Give one of these: texts, --input FILE, --global FILE or --faithfulness FILE.")
    loaded, reading = load(function), (columns, encoding)
    settings = {"method": method, "samples": samples, "seed": seed}
    shown = _Shown(loaded, language, json=json, html=html, title=title)
    with progress(quiet=quiet or json) as report:
        if global_:
            shown.add(loaded.drivers(read_examples(global_, *reading), rows=rows, report=report, **settings))
        elif faithfulness:
            _faithfulness(loaded, read_examples(faithfulness, *reading), shown, rows=rows, report=report, **settings)
        else:
            known = read_examples(examples, *reading) if examples else None
            source = given_rows(loaded, texts) if texts else list(rows_of(loaded, input_, reading))
            _each(loaded, source, shown, report=report, label=label or None, examples=known, **settings)
    shown.finish(quiet=quiet)


class _Shown:
    """Prints what is found, and keeps it for the page where one is wanted."""

    def __init__(self, function: Function[..., Any], language: str, *, json: bool, html: str, title: str) -> None:
        self.function, self.language, self.json, self.html, self.title = function, language, json, html, title
        self.pieces: list[str] = []

    def add(self, found: Any) -> None:
        """An Explanation or Drivers."""
        if self.html:
            self.pieces.append(found.to_html(language=self.language))
        if self.json:
            print_json(found.to_json())
        else:
            found.render(stdout(), language=self.language)
            stdout().print()

    def finish(self, *, quiet: bool) -> None:
        """Write the page, and say what a user should know."""
        from hanshuku.data.disk import whole_file
        from hanshuku.explain.html import page

        if self.html:
            text = page(f"{self.title}: {self.function.task.name}", self.pieces, self.language)
            with whole_file(Path(self.html)) as stream:
                stream.write(text.encode("utf-8", "replace"))
        predictor: Any = self.function.predictor()
        spent = predictor.notes if getattr(predictor, "spending", None) else ()  # of others, notes would count variants, not rows
        print_notes([*spent, *([f"wrote {self.html}"] if self.html else [])], quiet=quiet)


def _each(function: Function[..., Any], rows: list[tuple[str, ...]], shown: _Shown, **settings: Any) -> None:
    from hanshuku.functions.explain import explain

    whole = [function.row(row, place) for place, row in enumerate(rows)]
    size = len(whole) if settings["examples"] is not None else AT_ONCE  # labelled rows are read once
    for start in range(0, len(whole), max(size, 1)):
        for found in explain(function, whole[start : start + size], **settings):
            shown.add(found)


def _faithfulness(function: Function[..., Any], examples: Any, shown: _Shown, **settings: Any) -> None:
    from hanshuku.functions.explain import faithfulness

    if shown.html:
        raise ConfigError("--faithfulness gives numbers and no page. Leave --html out.")
    found = faithfulness(function, examples, **settings)
    if shown.json:
        print_json(found.to_json())
        return
    for line in found.lines(shown.language):
        stdout().print(line, markup=False, soft_wrap=True)
