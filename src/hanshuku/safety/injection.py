"""Screening of what a user sends to a language model: attacks on its instruction, English and Chinese, by rules with scores.

The families are those of Perez & Ribeiro 2022 (https://arxiv.org/abs/2211.09527) and Greshake et al. 2023 (https://arxiv.org/abs/2302.12173):
overriding the instruction, having it told, playing a role without rules, forging delimiters, hiding all that in an encoding. No screen of this kind is
complete; its errors are measured in benchmarks/injection.py.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from hanshuku.errors import ConfigError
from hanshuku.safety.folded import fold
from hanshuku.safety.injection_rules import ROT, SIGNALS
from hanshuku.safety.settings import Judge, Toxicity

DEPTH = 2  # encodings within encodings that are read
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,4000}={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9a-fA-F]{2}[ ,]?){12,2000}(?![0-9A-Za-z])|(?:\\x[0-9a-fA-F]{2}){8,2000}")
_PERCENT = re.compile(r"(?:[A-Za-z]{0,20}%[0-9A-Fa-f]{2}){4,500}[A-Za-z]{0,40}")
_SPACED = re.compile(r"(?<![A-Za-z])(?:[A-Za-z][ .\-_*]){5,200}[A-Za-z](?![A-Za-z])")
_HARMLESS = re.compile(r"\bmy (?:previous|last|earlier|prior|first|other) (?:e-?mails?|messages?|orders?|requests?|comments?|questions?|tickets?|notes?|texts?|posts?)\b|我(?:的)?(?:上一?条|之前的?|前面的?|刚才的?|上一?个)(?:消息|信息|留言|问题|邮件|评论|订单|申请|要求)", re.IGNORECASE)
_LEET = str.maketrans("013457@$!|", "oieasTasii".lower())
_MIXED = re.compile(r"(?<![0-9A-Za-z@$])(?=[0-9@$!]{0,3}[A-Za-z@$!])[A-Za-z0-9@$!|]{3,24}")


@dataclass(frozen=True)
class Injection:
    """When a text to a language model is refused as an attack on its instruction.

    Args:
        at_least: score from which it is refused, above 0 to 1; each rule has one, and what several say adds up.
        judge: a function that tells attacks, asked too; the greater of both scores counts.
    """

    at_least: float = 0.5
    judge: Toxicity | None = None

    def __post_init__(self) -> None:
        if not 0 < self.at_least <= 1:
            raise ConfigError(f"at_least is a score above 0, at most 1. Received: {self.at_least}.")

    def scores(self, texts: list[str]) -> list[tuple[float, str]]:
        """For each text its score, 0..1, and what speaks for an attack, in words."""
        found = [screen(text) for text in texts]
        if self.judge is not None:
            learned = self.judge.scores(texts)
            found = [(max(score, other), why or label if other >= score else why) for (score, why), (other, label) in zip(found, learned, strict=True)]
        return found


def injection_of(given: Any) -> Injection | None:
    """What `guard(injection=...)` takes: True, False, a score, a function that tells attacks, or an Injection."""
    if given is None or given is False:
        return None
    if isinstance(given, Injection):
        return given
    if given is True:
        return Injection()
    if isinstance(given, (int, float)):
        return Injection(float(given))
    judge: Judge | Toxicity = given
    return Injection(judge=judge if isinstance(judge, Toxicity) else Toxicity(judge))


def screen(text: str, *, depth: int = DEPTH) -> tuple[float, str]:
    """How surely a text attacks an instruction, 0..1, and the names of what speaks for it: "override, leak". Linear in the text's length."""
    plain = _HARMLESS.sub("", fold(text).text)
    found = _signals(plain)
    for name, other in _hidden(plain, depth):
        score, why = screen(other, depth=depth - 1)
        if score >= (0.3 if name in {"base64", "hexadecimal"} else 0.5) and not set(why.split(", ")) <= set(found):  # what stands there openly is no hidden text
            found[f"{name} ({why})"] = max(score, 0.6)
    rest = 1.0
    for score in found.values():
        rest *= 1 - score
    return round(1 - rest, 4), ", ".join(found)


def _signals(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, score, form in SIGNALS:
        if score > found.get(name, 0.0) and form.search(text):
            found[name] = score
    return found


def _hidden(text: str, depth: int) -> list[tuple[str, str]]:
    """What a text says in another writing: base64, hexadecimal, percent signs, letters apart, digits for letters, backwards, rot13."""
    if depth <= 0:
        return []
    found = [("base64", other) for run in _BASE64.findall(text) if (other := _base64(run))]
    found += [("hexadecimal", other) for run in _HEX.findall(text) if (other := _hex(run))]
    if _PERCENT.search(text):
        found.append(("percent signs", unquote(text)))
    if _SPACED.search(text):
        found.append(("letters apart", _SPACED.sub(_joined, text)))
    leet = _MIXED.sub(lambda word: word[0].translate(_LEET) if any(map(str.isalpha, word[0])) else word[0], text)
    if leet != text:
        found.append(("digits for letters", leet))
    if ROT.search(text):
        found.append(("rot13", codecs.decode(text, "rot13")))
    back = text[::-1]
    return [(name, other) for name, other in [*found, ("backwards", back)] if (other != text and _signals(fold(other).text)) or name in {"base64", "hexadecimal"}]


def _joined(run: re.Match[str]) -> str:
    """Letters that stood apart; two blanks or another sign part the words."""
    parts = re.split(r"[ .\-_*]{2,}", run[0])
    return " ".join(re.sub(r"[ .\-_*]", "", part) for part in parts)


def _base64(run: str) -> str:
    try:
        raw = base64.b64decode(run.replace("-", "+").replace("_", "/") + "=" * (-len(run.rstrip("=")) % 4), validate=False)
    except (binascii.Error, ValueError):
        return ""
    return _text(raw)


def _hex(run: str) -> str:
    digits = re.sub(r"0x|\\x|[ ,]", "", run)
    return _text(bytes.fromhex(digits)) if len(digits) % 2 == 0 else ""


def _text(raw: bytes) -> str:
    """Bytes as text; "" where they are none."""
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return found if sum(char.isprintable() or char in "\n\t" for char in found) > 0.9 * len(found) else ""
