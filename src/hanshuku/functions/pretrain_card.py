"""README.md of a pre-trained model: what a reader must know, in plain Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

UNITS = {"bits_per_byte": "bits a byte", "perplexity": "a token", "loss": "nats a token", "alignment": "square distance", "uniformity": "log"}
KINDS = {"clm": "A causal language model", "mlm": "A text encoder with a head that tells hidden tokens"}


def card(name: str, result: Mapping[str, Any]) -> str:
    """The card.

    Args:
        name: of the model.
        result: what `pretrain` returns.
    """
    licence, language = result["licence"], result["language"]
    front = ["---", *([f"license: {licence.lower()}"] if licence else []), *([f"language: {language}"] if language in {"en", "zh"} else []), "---"]
    kind = KINDS.get(result["objective"], f"A text encoder whose vectors learned by {result['objective']}")
    origin = f"went on from `{result['went_on_from']}` {result['revision'][:12]}" if result["went_on_from"] else f"began from scratch (`{result['from_scratch']}`)"
    return "\n".join([
        *front, "", f"# {name}", "", f"{kind}, {result['parameters']:,} parameters, {result['vocabulary']:,} entries in its vocabulary; it {origin.rstrip()}.",
        "", "## Measured", "", *_measured(result), "", "## How it came to be", "",
        f"- Text: {result['corpus']}: {result['documents']:,} documents, {result['bytes']:,} bytes, {result['tokens']:,} tokens; SHA-256 of the corpus `{result['data_sha256']}`",
        f"- Held out: {result['held_out_documents']:,} documents, {result['held_out_bytes']:,} bytes, from {result['held_out_from']}",
        f"- {result['steps']:,} steps, {result['epochs']:g} passes, {result['seconds']:.0f} s, seed {result['seed']}, {result['date']}",
        f"- Settings: `{json.dumps(result['settings'])}`", f"- Versions: {', '.join(f'{key} {value}' for key, value in result['versions'].items())}",
        *(f"- {note}" for note in result["notes"]), "", "## Limits", "",
        "It has learned from the text above, with its errors and its views. It was measured on text of the same kind and on nothing else.",
        f"The licence of the model it went on from ({licence or 'unknown'}) applies to it." if result["went_on_from"] else "Who owns the text may have a say in what is done with it.", "",
    ])  # fmt: skip


def _measured(result: Mapping[str, Any]) -> list[str]:
    hidden = {
        "mlm": f" Of hidden tokens ({result['settings']['mask'] or 0.15:.0%}), the others being seen: it compares with the same vocabulary and masking alone.",
        "tsdae": f" Of texts written again from one vector, with {result['settings']['mask'] or 0.6:.0%} of the words deleted: it compares with the same vocabulary and deletion alone.",
        "crops": " loss: of telling a text's first part by its second (nats a text); alignment: square distance of the two; uniformity: log mean exp(-2 d²) over pairs of whole texts. Less is better.",
        "simcse": " loss: of telling a text by its other view under dropout (nats a text); alignment: square distance of the two views; uniformity: log mean exp(-2 d²) over pairs of texts. Less is better.",
    }.get(result["objective"], "")
    rows = ["| metric | | value | 95% interval | rows | chance | before |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, metric in result["metrics"].items():
        before = result["before"].get(name)
        shown = ["–" if number is None else f"{number:.3f}" for number in (metric["value"], metric["low"], metric["high"], metric["chance"], before and before["value"])]
        rows.append(f"| {name} | {UNITS[name] if name != 'loss' or result['objective'] not in {'crops', 'simcse'} else 'nats a text'} | {shown[0]} | {shown[1]} to {shown[2]} | {metric['n']} | {shown[3]} | {shown[4]} |")
    return [*rows, "", f"On held-out text.{hidden}"]
