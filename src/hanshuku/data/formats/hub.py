"""Data sets of a hub, by name, through the `datasets` library."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hanshuku.data.formats.memory import data_set_source
from hanshuku.data.stream import Source
from hanshuku.errors import DataError, MissingExtra

HUB_NAME = re.compile(r"[\w-]+/[\w.-]+(:[\w.-]+)?", re.ASCII)  # org/name or org/name:configuration


def hub_source(name: str, split: str | None, *, stream: bool) -> Source:
    """The rows of a hub data set, `org/name` or `org/name:configuration`. No code of the data set is run.

    Args:
        name: the data set.
        split: which part; None: the only one, else "train", which is noted.
        stream: read rows as they arrive, with nothing stored.

    Raises:
        MissingExtra: `datasets` is not installed.
        DataError: the data set cannot be had (no network, no such name, a script), and is not in the cache.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("datasets", "train", "Reading a hub data set") from error
    path, _, configuration = name.partition(":")
    try:
        with _quiet(), _offline_where_alone():
            data: Any = datasets.load_dataset(path, configuration or None, streaming=stream)
    except Exception as error:  # the hub, its file systems and parsers raise dozens of kinds
        first = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DataError(
            f"there is no such file, and it cannot be loaded as a hub data set: {first}. A file is named by its path; a data set "
            "by org/name, which needs the network once (then it is in the cache).",
            name,
        ) from error
    return data_set_source(data, split, name)


@contextmanager
def _offline_where_alone() -> Iterator[None]:
    """Ask only the cache where there is no network: the hub's client would try again for half a minute."""
    import datasets
    from huggingface_hub import constants

    if not _is_alone(constants.ENDPOINT):
        yield
        return
    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _is_alone(endpoint: str) -> bool:
    """Whether the user asked to stay offline, or the hub's name does not resolve and there is no proxy that would do it."""
    import socket
    from urllib.parse import urlsplit
    from urllib.request import getproxies

    if os.environ.get("HANSHUKU_OFFLINE", "").casefold() in {"1", "true", "yes", "on"}:
        return True
    if getproxies():
        return False
    try:
        socket.getaddrinfo(urlsplit(endpoint).hostname, 443)
    except OSError:
        return True
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log lines of each retry: the error says it once."""
    loggers = [logging.getLogger(name) for name in ("huggingface_hub", "huggingface_hub.utils._http", "datasets")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
