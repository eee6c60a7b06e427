"""save_page: what was measured, as a page for people or as JSON for programs, by the name of the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hanshuku.data.disk import whole_file
from hanshuku.errors import ConfigError

SUFFIXES = {".html", ".htm", ".json"}


def check_suffix(path: str | Path) -> None:
    """Refuse a name that is neither NAME.html nor NAME.json.

    Raises:
        ConfigError: it ends otherwise.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ConfigError(f"A report is saved as NAME.html or NAME.json. Received: {path}.")


def save_page(path: str | Path, page: Callable[[], str], data: Callable[[], Any]) -> Path:
    """Write a file whole or not at all; folders are made.

    Args:
        path: NAME.html or NAME.json.
        page: makes the page.
        data: makes plain JSON data.

    Raises:
        ConfigError: the name ends otherwise.
        StorageError: the file cannot be written; what was there is untouched.
    """
    check_suffix(path)
    path = Path(path)
    text = json.dumps(data(), ensure_ascii=False, allow_nan=False) + "\n" if path.suffix.lower() == ".json" else page()
    with whole_file(path) as stream:
        stream.write(text.encode("utf-8", "replace"))
    return path
