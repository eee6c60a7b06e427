"""hanshuku serve: saved functions over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Quiet
from hanshuku.errors import ConfigError


def command(
    functions: Annotated[list[str], typer.Argument(metavar="FN...", help="Saved functions; each is served under its name.")],
    host: Annotated[str, typer.Option(help="Address to listen on; anything but loopback needs an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one and says which.")] = 8000,
    api_key_env: Annotated[str, typer.Option(help="Environment variable that holds the API key.")] = "HANSHUKU_API_KEY",
    max_batch: Annotated[int, typer.Option(min=1, help="Rows answered together at most.")] = 64,
    max_wait_ms: Annotated[float, typer.Option(min=0, help="How long a request waits for others to join its batch.")] = 2.0,
    max_body_kb: Annotated[int, typer.Option(min=1, help="Largest request body that is read.")] = 1024,
    log: Annotated[str, typer.Option(metavar="FILE", help="Write rows and answers to NAME.jsonl, personal data masked, for hanshuku drift; nothing is logged where not given.")] = "",
    log_max_mb: Annotated[float, typer.Option(min=0.001, help="A larger --log is renamed NAME.1.jsonl; five such files are kept.")] = 100.0,
    log_unmasked: Annotated[bool, typer.Option("--log-unmasked", help="Do not mask personal data in --log.")] = False,
    quiet: Quiet = False,
) -> None:
    """Serve functions: POST /v1/functions/NAME; functions that write also at OpenAI's /v1/chat/completions; /healthz, /metrics, /openapi.json."""
    from hanshuku.serving.limits import Limits
    from hanshuku.serving.request_log import RequestLog
    from hanshuku.serving.server import serve

    if log_unmasked and not log:
        raise ConfigError("--log-unmasked says how --log FILE is written. Received no --log.")
    kept = RequestLog(log, masks=not log_unmasked, max_mb=log_max_mb) if log else None
    serve(functions, host=host, port=port, api_key_env=api_key_env, limits=Limits(max_batch, max_wait_ms, max_body_kb), quiet=quiet, log=kept)
