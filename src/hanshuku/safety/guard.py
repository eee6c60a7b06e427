"""Guard: rules round a function. What comes in and what goes out is checked, masked or refused, counted and explained."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hanshuku.data.language import HAN
from hanshuku.safety.injection import Injection
from hanshuku.safety.masking import Masked, Placeholders, mask
from hanshuku.safety.parts import newest, said_by_user, texts_of, with_texts
from hanshuku.safety.pii import Tagger, find_all
from hanshuku.safety.settings import Pii, Rule, Toxicity
from hanshuku.tasks import WRITTEN_KINDS, Span, Task

REFUSALS = {"en": "I cannot help with this request.", "zh": "抱歉，我无法处理这个请求。"}


class Counts:
    """How often each rule did something, by ``side.rule``; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Counter[str] = Counter()

    def add(self, *names: str, times: int = 1) -> None:
        """Count each of these."""
        with self._lock:
            for name in names:
                self._found[name] += times

    def to_json(self) -> dict[str, int]:
        """The counts so far."""
        with self._lock:
            return dict(sorted(self._found.items()))


@dataclass(frozen=True)
class Checked:
    """A row or an answer after its rules.

    Attributes:
        texts: what is left, masked where that was asked for.
        reason: why it is refused; "" where it is not.
        masked: what was done to each text.
        names: placeholders and what they stand for.
    """

    texts: tuple[str, ...]
    reason: str = ""
    masked: tuple[Masked, ...] = ()
    names: Placeholders = field(default_factory=Placeholders)


@dataclass(frozen=True)
class Guard:
    """What a function is guarded by.

    Attributes:
        pii: what is done with personal data; None: nothing.
        names: a function that tags people, for names; None: our lists.
        toxicity: a function that tells what is toxic; None: it is not asked.
        injection: when a text to a language model is refused as an attack; None: never.
        rules: the user's own.
        refusal: what is answered instead where the answer is a text; "": a sentence in the language of the input.
        counts: how often each rule did something.
    """

    pii: Pii | None = None
    names: Tagger | None = None
    toxicity: Toxicity | None = None
    injection: Injection | None = None
    rules: tuple[Rule, ...] = ()
    refusal: str = ""
    counts: Counts = field(default_factory=Counts, compare=False)

    @property
    def mark(self) -> str:
        """A digest of the settings: what was kept under one of them is of no use under another."""
        return hashlib.sha256(repr((self.pii, self.rules, self.names is not None)).encode()).hexdigest()[:16]

    @property
    def blocks(self) -> bool:
        """Whether a text that is given may be refused, not only masked."""
        judges = self.toxicity is not None or self.injection is not None or (self.pii is not None and self.pii.action == "block")
        return judges or any(rule.action == "block" and "input" in rule.sides for rule in self.rules)

    def read(self, task: Task, rows: Sequence[Sequence[str]]) -> list[Checked]:
        """What a function is given of these rows, or why a row is refused. Judges and taggers are asked once for all rows."""
        texts = [texts_of(task, row) for row in rows]
        reasons = [self._ruled(each, "input") for each in texts]
        if self.injection and task.kind in WRITTEN_KINDS:
            self._judge(self.injection, "injection", reasons, [[own[k] for k in said_by_user(task, row)] for own, row in zip(texts, rows, strict=True)])
        if self.toxicity and "input" in self.toxicity.sides:
            self._judge(self.toxicity, "toxicity", reasons, [[own[k] for k in newest(task, row)] for own, row in zip(texts, rows, strict=True)])
        return self._cleaned(texts, reasons, "input")

    def rewritten(self, task: Task, row: Sequence[str], checked: Checked) -> tuple[str, ...]:
        """The row as the function reads it."""
        return with_texts(task, row, checked.texts)

    def answered(self, answers: Sequence[Sequence[str]], names: Sequence[Placeholders]) -> list[Checked]:
        """What a user is given of these answers, each a list of texts, or why one is refused.

        Args:
            answers: N lists of texts.
            names: the placeholders of each row's input, so that the same text is masked alike.
        """
        texts = [list(each) for each in answers]
        reasons = [self._ruled(each, "output") for each in texts]
        if self.toxicity and "output" in self.toxicity.sides:
            self._judge(self.toxicity, "toxicity", reasons, texts, side="output")
        return self._cleaned(texts, reasons, "output", names)

    def cleaned(self, text: str) -> str:
        """A text of the model's without personal data, for what is kept on the way: caches, notes. Counted as output."""
        return self._cleaned([[text]], [""], "output")[0].texts[0] if self.pii and self.pii.action == "mask" else text

    def found(self, text: str) -> list[Span[str]]:
        """What is masked in a text of an answer, or refuses it, uncounted."""
        return self._personal([text], "output")[0]

    def passed(self, text: str, start: int, end: int, names: Placeholders) -> tuple[str, str]:
        """text[start:end] of an answer that is still being written, after the rules, and why it is refused; what stands round it is read too."""
        part = text[start:end]
        reason = self._ruled([text[:end]], "output")
        reasons = [reason]
        if self.toxicity and "output" in self.toxicity.sides:
            self._judge(self.toxicity, "toxicity", reasons, [[part]], side="output")
        if reasons[0]:
            return "", reasons[0]
        spans = [Span(span.start - start, span.end - start, span.label, span.text) for span in self.found(text) if start <= span.start and span.end <= end]
        (checked,) = self._masked([[part]], [""], [[spans]], "output", [names])
        return ("" if checked.reason else checked.texts[0]), checked.reason

    def refuse(self, texts: Sequence[str]) -> str:
        """The sentence of a refusal, for an input of these texts."""
        return self.refusal or REFUSALS["zh" if any(map(HAN.search, texts)) else "en"]

    def _ruled(self, texts: Sequence[str], side: str) -> str:
        """The first of the user's rules that refuses a text."""
        for rule in self.rules:
            if rule.action == "block" and side in rule.sides and (why := next(filter(None, map(rule.hits, texts)), "")):
                self.counts.add(f"{side}.rule.{rule.name}", f"{side}.blocked")
                return f"{side}: rule {why if rule.call is None else self._impersonal(why)}"
        return ""

    def _impersonal(self, why: str) -> str:
        """What the user's code says of a text, without the personal data that it may quote."""
        if self.pii is None:
            return why
        return mask(why, find_all([why], kinds=self.pii.kinds, names=self.names, allow=self.pii.allow)[0]).text

    def _judge(self, judge: Injection | Toxicity, rule: str, reasons: list[str], texts: Sequence[Sequence[str]], side: str = "input") -> None:
        """Put a reason where a judge refuses a row that is not refused yet."""
        asked = [(place, text) for place, own in enumerate(texts) if not reasons[place] for text in own if text.strip()]
        for (place, _), (score, why) in zip(asked, judge.scores([text for _, text in asked]), strict=True):
            if score >= judge.at_least and not reasons[place]:
                reasons[place] = f"{side}: {rule} ({why}, score {score:.2f})"
                self.counts.add(f"{side}.{rule}", f"{side}.blocked")

    def _cleaned(self, texts: Sequence[list[str]], reasons: list[str], side: str, names: Sequence[Placeholders] = ()) -> list[Checked]:
        """Personal data and masking rules, for rows that are not refused."""
        found = iter(self._personal([text for own, reason in zip(texts, reasons, strict=True) if not reason for text in own], side))
        spans = [[] if reason else [next(found) for _ in own] for own, reason in zip(texts, reasons, strict=True)]
        self.counts.add(f"{side}.rows", times=len(texts))
        return self._masked(texts, reasons, spans, side, names or [Placeholders() for _ in texts])

    def _masked(
        self, texts: Sequence[list[str]], reasons: Sequence[str], spans: Sequence[list[list[Span[str]]]], side: str, names: Sequence[Placeholders]
    ) -> list[Checked]:
        checked = []
        for own, reason, found, known in zip(texts, reasons, spans, names, strict=True):
            kinds = [span.label for each in found for span in each]
            personal = [kind for kind in dict.fromkeys(kinds) if self.pii and kind in self.pii.kinds]
            self.counts.add(*(f"{side}.pii.{kind}" if kind in personal else f"{side}.rule.{kind}" for kind in kinds))
            if not reason and personal and self.pii and self.pii.action == "block":
                reason = f"{side}: personal data ({', '.join(personal)})"  # noqa: PLW2901
                self.counts.add(f"{side}.blocked")
            if reason:
                checked.append(Checked(tuple(own), reason, names=known))
                continue
            self.counts.add(*([f"{side}.masked"] if kinds else []))
            masked = tuple(mask(text, each, self.pii.style if self.pii else "label", known) for text, each in zip(own, found, strict=True))
            checked.append(Checked(tuple(one.text for one in masked), "", masked, known))
        return checked

    def _personal(self, texts: Sequence[str], side: str) -> list[list[Span[str]]]:
        """What is masked in each text, in order and apart from each other: what the user's rules say first."""
        found: list[list[Span[str]]] = [[] for _ in texts]
        if self.pii and side in self.pii.sides:
            found = find_all(texts, kinds=self.pii.kinds, names=self.names, allow=self.pii.allow)
        for rule in self.rules:
            if rule.action == "mask" and side in rule.sides:
                found = [_merged(spans, [Span(a, b, rule.name, text[a:b]) for a, b in rule.find(text)]) for spans, text in zip(found, texts, strict=True)]
        return found

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON data; functions among them are saved beside it, see `functions.guard`.

        Raises:
            ConfigError: a rule is Python code.
        """
        judged = {
            name: None if one is None else {"labels": list(one.labels), "at_least": one.at_least, "sides": list(one.sides)}
            for name, one in (("toxicity", self.toxicity), ("judge", self.injection.judge if self.injection else None))
        }
        pii = None if self.pii is None else {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self.pii).items()}
        injection = None if self.injection is None else {"at_least": self.injection.at_least}
        return {"pii": pii, "injection": injection, **judged, "names": self.names is not None, "rules": [rule.to_json() for rule in self.rules], "refusal": self.refusal}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], functions: Mapping[str, Any]) -> Guard:
        """The guard that `to_json` wrote; `functions`: "names", "toxicity" and "judge", those that there are."""

        def judged(name: str) -> Toxicity | None:
            return None if data[name] is None else Toxicity(functions[name], tuple(data[name]["labels"]), data[name]["at_least"], tuple(data[name]["sides"]))

        plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in (data["pii"] or {}).items()}
        pii = None if data["pii"] is None else Pii(**plain)
        injection = None if data["injection"] is None else Injection(data["injection"]["at_least"], judged("judge"))
        rules = tuple(map(Rule.from_json, data["rules"]))
        return cls(pii, functions["names"] if data["names"] else None, judged("toxicity"), injection, rules, str(data["refusal"]))


def _merged(spans: list[Span[str]], more: list[Span[str]]) -> list[Span[str]]:
    """Both, in order; of the first those that no one of the second overlaps."""
    kept = [span for span in spans if not any(span.start < other.end and other.start < span.end for other in more)]
    return sorted([*kept, *more], key=lambda span: span.start)
