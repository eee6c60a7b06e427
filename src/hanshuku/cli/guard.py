"""hanshuku guard: a saved function behind rules, saved anew."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Json, Quiet, print_json, stdout
from hanshuku.errors import ConfigError


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn. One that is guarded already gets this guard instead.")],
    out: Annotated[str, typer.Option(help="Write the guarded function here.")],
    pii: Annotated[str, typer.Option(help="Personal data in inputs and answers: mask, block or none.")] = "mask",
    style: Annotated[str, typer.Option(help="How it is masked: label ([EMAIL]), last4 (numbers keep four digits), placeholder ([EMAIL_1]).")] = "label",
    put_back: Annotated[bool, typer.Option("--put-back", help="Style placeholder: what the user wrote stands in the answer again.")] = False,
    kinds: Annotated[str, typer.Option(help="Kinds that are looked for, with commas; all of them where none is given: email, phone, id_number, name ...")] = "",
    allow: Annotated[list[str] | None, typer.Option(help="A text that is never masked, or *@example.com for all that end so. May be repeated.")] = None,
    names: Annotated[str, typer.Option(metavar="FN", help="A saved function that tags people, for names.")] = "",
    toxicity: Annotated[str, typer.Option(metavar="FN", help="A saved function that tells toxic texts.")] = "",
    toxic_labels: Annotated[str, typer.Option("--toxic-labels", help="Its labels that refuse, with commas; those whose names say so where none is given.")] = "",
    toxic_at: Annotated[float, typer.Option("--toxic-at", help="Probability from which they refuse.")] = 0.5,
    injection: Annotated[str, typer.Option(help="Attacks on a language model's instruction: auto, on, off, or a score from which they are refused, such as 0.7.")] = "auto",
    rule: Annotated[list[str] | None, typer.Option("--rule", help="A word or phrase that is refused; /pattern/ is a regular expression; mask:... is masked and not refused. May be repeated.")] = None,
    refusal: Annotated[str, typer.Option(help="What is answered instead, where the answer is a text.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put rules round a function: personal data, toxic texts, attacks on the instruction, and rules of your own."""
    from hanshuku.functions.guard import guard
    from hanshuku.functions.store import load
    from hanshuku.safety.pii import KINDS
    from hanshuku.safety.settings import Pii, Toxicity

    if pii not in {"mask", "block", "none"}:
        raise ConfigError(f"--pii is mask, block or none. Received: {pii!r}.")
    wanted = None if pii == "none" else Pii(pii, style, put_back, split(kinds) or KINDS, allow=tuple(allow or ()))
    judge = Toxicity(load(toxicity), split(toxic_labels), toxic_at) if toxicity else None
    guarded = guard(
        load(function), pii=wanted, toxicity=judge, injection=_injection(injection), rules=[_rule(text) for text in rule or ()], refusal=refusal,
        names=load(names) if names else None,
    )  # fmt: skip
    guarded.save(out)
    settings = guarded.guard.to_json()
    if json:
        print_json({"out": out, "guard": settings})
    elif not quiet:
        active = [name for name in ("pii", "toxicity", "injection", "rules") if settings[name]]
        stdout().print(f"Wrote {out}: guarded by {', '.join(active) or 'nothing'}.", markup=False, soft_wrap=True)


def split(text: str) -> tuple[str, ...]:
    """The parts between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _injection(text: str) -> bool | float | None:
    known: dict[str, bool | None] = {"auto": None, "on": True, "off": False}
    if text in known:
        return known[text]
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"--injection is auto, on, off or a score above 0, at most 1. Received: {text!r}.") from None


def _rule(text: str) -> object:
    from hanshuku.safety.settings import Rule

    action, rest = ("mask", text.removeprefix("mask:")) if text.startswith("mask:") else ("block", text)
    is_pattern = len(rest) > 2 and rest[0] == rest[-1] == "/"
    return Rule(rest.strip("/"), pattern=rest[1:-1], action=action) if is_pattern else Rule(rest, words=(rest,), action=action)
