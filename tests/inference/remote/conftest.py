"""A real server process on loopback; each test sets its switches anew and keeps its answers in a folder of its own."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[2] / "remote_server.py"
KEY = "sk-secret-123"


class Server:
    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}/v1"
        self.model = f"{self.address}#tiny"

    def switch(self, **switches):
        self._call("POST", "/switch", switches)

    def seen(self):
        return self._call("GET", "/seen")

    def bodies(self):
        return [request["body"] for request in self.seen()["requests"]]

    def _call(self, method, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.address.removesuffix("/v1") + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
            return json.load(response)


@pytest.fixture(scope="session")
def _server(tiny_causal):
    process = subprocess.Popen([sys.executable, str(SERVER), tiny_causal], stdout=subprocess.PIPE, text=True)
    yield Server(int(process.stdout.readline()))
    process.terminate()
    process.wait()


@pytest.fixture
def server(_server, tmp_path, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HANSHUKU_REMOTE_CACHE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_BASE_URL", _server.address)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    _server.switch()
    return _server
