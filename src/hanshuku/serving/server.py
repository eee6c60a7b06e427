"""serve: saved functions over HTTP, on loopback unless there is an API key."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from typing import Any

from hanshuku.errors import MissingExtra, ServingError
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from hanshuku.serving.limits import Limits
from hanshuku.serving.request_log import RequestLog
from hanshuku.tasks import WRITTEN_KINDS

SWITCH_S = 2e-4  # the model's thread gives the interpreter up at each operation; with Python's 5 ms it would wait that long to have it back


def load_functions(paths: Sequence[str]) -> dict[str, Function[..., Any]]:
    """Saved functions under the names they are served by: the folder's name up to its first dot.

    Raises:
        ServingError: two have one name, or a name cannot stand in an address.
        FunctionFolderError: a folder is no function.
    """
    functions: dict[str, Function[..., Any]] = {}
    for path in paths:
        name = Path(path).name.split(".")[0]
        if not re.fullmatch(r"[\w-]+", name):
            raise ServingError(f"{path}: {name!r} cannot stand in an address. Rename the folder to letters, digits, - and _.")
        if name in functions:
            raise ServingError(f"Two functions are named {name!r}. Rename one of the folders.")
        functions[name] = load(path)
    return functions


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    paths: Sequence[str], *, host: str = "127.0.0.1", port: int = 8000, api_key_env: str = "HANSHUKU_API_KEY", limits: Limits | None = None, quiet: bool = False,
    log: RequestLog | None = None,
) -> None:  # fmt: skip
    """Serve until stopped.

    Args:
        paths: saved functions.
        host: address to listen on; anything but loopback needs an API key.
        port: 0 takes a free one; the address is printed on stdout once it answers.
        api_key_env: environment variable that holds the key; it is never written anywhere.
        limits: sizes; None: the defaults.
        quiet: print nothing but errors.
        log: where rows and answers are written; None: nowhere.

    Raises:
        MissingExtra: the extra `serve` is not installed.
        ServingError: no key for an open address, or the port is taken.
    """
    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if util.find_spec(name) is None]
    if missing:
        raise MissingExtra(missing[0], "serve", "The server")
    key = os.environ.get(api_key_env, "")
    if not key and not is_loopback(host):
        raise ServingError(f"{host} can be reached from other machines, so a key is needed: set {api_key_env}, or keep --host 127.0.0.1.")
    import uvicorn

    from hanshuku.serving.app import make_app

    functions = load_functions(paths)
    for function in functions.values():
        function.predict_rows([_sample(function)])  # the first request shall not pay for the start
    sys.setswitchinterval(SWITCH_S)
    listener = _listen(host, port)
    address = f"http://{host}:{listener.getsockname()[1]}"
    if not quiet:
        for name in functions:
            sys.stdout.write(f"serving {address}/v1/functions/{name}\n")
        if written := [name for name, function in functions.items() if function.task.kind in WRITTEN_KINDS]:
            sys.stdout.write(f"serving {address}/v1/chat/completions for OpenAI's clients: {', '.join(written)}\n")
        if log is not None:
            sys.stdout.write(f"logging requests to {log.path}{'' if log.masks else ', personal data and all'}\n")
        sys.stdout.flush()
    config = uvicorn.Config(make_app(functions, limits=limits, api_key=key, log=log), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _sample(function: Function[..., Any]) -> tuple[str, ...]:
    """A row that the function takes."""
    values: dict[str, Any] = dict.fromkeys(function.task.inputs, ".")
    if function.task.kind == "rank":
        values[function.task.inputs[-1]] = ["."]
    return function.row(values, 0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)  # from here on a client may connect: it waits until the server reads
    except OSError as error:
        listener.close()
        raise ServingError(f"{host}:{port} cannot be listened on: {error.strerror}. Take another --port, or 0 for a free one.") from error
    return listener
