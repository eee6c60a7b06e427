"""32 clients at once: `hanshuku serve` against FastAPI around a transformers pipeline, the same trunk.

    python benchmarks/server.py [--clients 32] [--requests 1500] [--runs 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, interleave, median, ratios, record, rows_of

PEER = """
import sys
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline, AutoModelForSequenceClassification, AutoTokenizer
import uvicorn
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], num_labels=2)
peer = pipeline('text-classification', model=model, tokenizer=AutoTokenizer.from_pretrained(sys.argv[1]), device='cpu')
app = FastAPI()
class Body(BaseModel):
    text: str
@app.post('/v1/functions/a')
def call(body: Body):
    return peer(body.text)[0]
@app.get('/healthz')
def healthz():
    return {}
uvicorn.run(app, host='127.0.0.1', port=int(sys.argv[2]), log_level='warning', access_log=False)
"""
OURS = "from hanshuku.cli.main import main; main()"


def load(command: list, port: int, texts: list, clients: int) -> dict:
    """Start a server, let the clients ask it all texts, stop it; requests a second and latencies in ms."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"}
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        return asyncio.run(_clients(f"http://127.0.0.1:{port}", texts, clients))
    finally:
        server.terminate()
        server.wait(20)


async def _clients(address: str, texts: list, clients: int) -> dict:
    import httpx

    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        for _ in range(600):
            try:
                await client.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.2)
        queue, times = list(texts), []

        async def ask() -> None:
            while queue:
                start = time.perf_counter()
                response = await client.post(f"{address}/v1/functions/a", json={"text": queue.pop()})
                response.raise_for_status()
                times.append(1000 * (time.perf_counter() - start))

        warm = [client.post(f"{address}/v1/functions/a", json={"text": text}) for text in texts[:clients]]
        await asyncio.gather(*warm)
        start = time.perf_counter()
        await asyncio.gather(*[ask() for _ in range(clients)])
        seconds = time.perf_counter() - start
    times.sort()
    return {"requests_per_s": round(len(texts) / seconds, 1), "p50_ms": round(statistics.median(times), 1), "p99_ms": round(times[int(0.99 * len(times))], 1)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.data.infer import infer_task
    from hanshuku.data.read import read
    from hanshuku.functions.core import Function
    from hanshuku.functions.export import export
    from hanshuku.models.pull import pull

    texts = [row["text"] for row in rows_of("sst2", "test")][: options.requests]
    with tempfile.TemporaryDirectory() as name:
        train = read(rows_of("sst2", "train", 300))
        learned = Function(infer_task(train)).learn(train, method="finetune", model="minilm", epochs=1)
        export(learned, Path(name) / "int8" / "a.fn", precision="int8", rows=rows_of("sst2", "validation", 500), tolerance=0.2)
        ours = {
            "hanshuku serve": str(learned.save(Path(name) / "a.fn")),
            "hanshuku serve, int8 export": str(Path(name) / "int8" / "a.fn"),
        }
        peer = [sys.executable, "-c", PEER, str(pull("minilm")), "8372"]
        found = interleave(
            {
                arm: (lambda folder=folder: load([sys.executable, "-c", OURS, "serve", folder, "--port", "8371", "--quiet"], 8371, texts, options.clients))
                for arm, folder in ours.items()
            }
            | {
                "FastAPI around a pipeline": lambda: load(peer, 8372, texts, options.clients),
            },
            options.runs,
        )
    theirs = found["FastAPI around a pipeline"]
    record("server", {
        "clients": options.clients, "requests": len(texts), "n_runs": options.runs,
        "median": {name: {key: median(runs, key) for key in ("requests_per_s", "p50_ms", "p99_ms")} for name, runs in found.items()},
        "ours_over_theirs": {arm: {key: ratios(found[arm], theirs, key) for key in ("requests_per_s", "p99_ms")} for arm in ours},
    })  # fmt: skip


if __name__ == "__main__":
    main()
