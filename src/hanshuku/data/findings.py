"""CheckReport: what a look through a data file found, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 5  # places that a finding names
SEVERITIES = ("error", "warning", "info")
STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}


@dataclass(frozen=True)
class Place:
    """Where something is.

    Attributes:
        file: name of the source.
        line: 1-based (a row's number where the source has no lines).
        note: more about this one, such as the row that it repeats.
    """

    file: str
    line: int
    note: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        severity: "error" (learning will refuse it), "warning" (it likely harms what is learned or measured), "info".
        kind: one word for programs, such as "bad_rows", "repeated_rows", "leaked_rows", "similar_labels".
        count: how many rows, or labels.
        message: the same for people, in English.
        places: the first few of them, at most 5.
    """

    severity: str
    kind: str
    count: int
    message: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """All that `check` found.

    Attributes:
        source: what was looked through; against: what it was compared with ("" for nothing).
        rows: readable rows; against_rows: those of the other file.
        columns: role -> column: text, text_a, text_b, label.
        labels: label -> rows, the commonest first; empty where there are none or the answers are numbers.
        lengths: unit ("characters", "tokens") -> {"min", "median", "p95", "max"}.
        languages: "en", "zh-Hans", "zh-Hant", "other", "none" -> rows.
        findings: errors first, then warnings, then the rest.
    """

    source: str
    rows: int
    columns: Mapping[str, str]
    findings: tuple[Finding, ...]
    labels: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    against: str = ""
    against_rows: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing worse than "info" was found."""
        return all(finding.severity == "info" for finding in self.findings)

    def find(self, kind: str) -> Finding | None:
        """The finding of that kind, if there is one."""
        return next((finding for finding in self.findings if finding.kind == kind), None)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON data."""
        return asdict(self) | {"ok": self.ok, "findings": [asdict(finding) for finding in self.findings]}

    def render(self, console: Console) -> None:
        """Print the report on a rich console."""
        for text, style in self._lines():
            console.print(text, style=style, markup=False, soft_wrap=True)

    def _lines(self) -> Iterator[tuple[str, str]]:
        """What `render` prints, line by line, each with its style."""
        roles = ", ".join(f"{role}: {column}" for role, column in self.columns.items())
        yield f"{self.source}: {self.rows:,} rows, {roles}", ""
        if self.against:
            yield f"compared with {self.against}: {self.against_rows:,} rows", ""
        if self.labels:
            shown = ", ".join(f"{label} {n:,}" for label, n in list(self.labels.items())[:10])
            yield f"{len(self.labels)} labels: {shown}{' ...' if len(self.labels) > 10 else ''}", ""
        for unit, numbers in self.lengths.items():
            yield f"{unit} a row: " + ", ".join(f"{name} {n:,}" for name, n in numbers.items()), ""
        if self.languages:
            yield "languages: " + ", ".join(f"{name} {n:,}" for name, n in self.languages.items()), ""
        for finding in self.findings:
            yield f"{finding.severity:<8}{finding.message}", STYLES[finding.severity]
            yield from ((f"        {place}", "dim") for place in finding.places)
        counts = Counter(finding.severity for finding in self.findings)
        summary = ", ".join(f"{counts[severity]} {severity}{'s' if counts[severity] != 1 else ''}" for severity in SEVERITIES[:2])
        yield (summary if self.findings else "nothing found"), ""


class Places:
    """Counts rows and remembers the first few."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Place] = []

    def add(self, place: Place) -> None:
        """Count a row."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(place)

    def finding(self, severity: str, kind: str, message: str) -> list[Finding]:
        """[the finding], or [] where nothing was counted; `{rows}` in the message becomes "3 rows have"."""
        if not self.count:
            return []
        rows = "1 row has" if self.count == 1 else f"{self.count:,} rows have"
        return [Finding(severity, kind, self.count, message.format(rows=rows), tuple(self.first))]
