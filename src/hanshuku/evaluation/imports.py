"""How long loading libraries takes, apart from the work: it is paid once a process, whatever the method."""

from __future__ import annotations

import builtins
import importlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any


class ImportClock:
    """Within `with`, counts the seconds that this thread spends in imports (`seconds`), those inside others once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0
        self._thread = threading.get_ident()
        self._originals = (builtins.__import__, importlib.import_module)

    def __enter__(self) -> ImportClock:
        builtins.__import__ = self._timed(self._originals[0])
        importlib.import_module = self._timed(self._originals[1])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        builtins.__import__, importlib.import_module = self._originals

    def _timed(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            if threading.get_ident() != self._thread or self._depth:
                return load(*args, **options)
            self._depth += 1
            start = time.perf_counter()
            try:
                return load(*args, **options)
            finally:
                self.seconds += time.perf_counter() - start
                self._depth -= 1

        return timed
