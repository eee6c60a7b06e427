"""A model from the hub: the hub library's own cache, then the network; here the hub is a server on this machine."""

import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hanshuku.errors import HashMismatch, ModelError, ModelUnavailable
from hanshuku.models import hub
from hanshuku.models.catalogue import CATALOGUE, find
from hanshuku.models.load import load_encoder
from hanshuku.models.pull import pull
from tests.models.test_pull import kept
from tests.models.toys import COMMIT, listing, sha256, toy_hub

NAME = "toys/tiny"


@pytest.fixture
def repo(tiny_encoder, tmp_path):
    """The model as it lies on the hub, with files that nobody wants."""
    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "repo"))
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    (folder / "weights.h5").write_text("not wanted")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    return folder


@pytest.fixture
def serve(monkeypatch, repo):
    """Starts a hub that has the model; `refused` answers with an HTTP status instead. Returns what was asked for."""
    from huggingface_hub import constants

    with ExitStack() as stack:

        def start(refused=None):
            address, asked = stack.enter_context(toy_hub({NAME: repo}, refused))
            monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
            monkeypatch.setattr(constants, "ENDPOINT", address)
            monkeypatch.setattr(hub, "_failure", [])
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            return asked

        yield start


@pytest.fixture
def known(repo, tmp_path):
    """The hub library's own cache holds the model, as if another program had fetched it."""
    place = tmp_path / "hub-cache" / "models--toys--tiny"
    shutil.copytree(repo, place / "snapshots" / COMMIT)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT)
    return place / "snapshots" / COMMIT


def test_a_hub_model_is_fetched_without_what_nobody_wants(serve, repo):
    serve()
    folder = pull(NAME)
    assert (folder / "model.safetensors").read_bytes() == (repo / "model.safetensors").read_bytes()
    assert sorted(p.name for p in folder.iterdir()) == sorted([*(p.name for p in repo.iterdir() if p.name not in {"onnx", "weights.h5"}), "hanshuku.json"])


def test_the_commit_is_recorded_and_known_from_then_on(serve):
    serve()
    record = json.loads((pull(NAME) / "hanshuku.json").read_text())
    assert (record["source"], record["revision"]) == ("hub", COMMIT)
    info = find(NAME)
    assert (info.revision, info.licence, info.width) == (COMMIT, "mit", 32)


def test_a_fetched_model_is_loaded_by_its_hub_name(serve):
    serve()
    assert load_encoder(NAME).info.name == NAME


def test_what_is_here_asks_the_hub_nothing(serve):
    asked = serve()
    pull(NAME)
    before = len(asked)
    pull(NAME)
    assert len(asked) == before


def test_what_another_program_fetched_is_taken_without_the_network(serve, known):
    asked = serve()
    folder = pull(NAME)
    assert not asked and json.loads((folder / "hanshuku.json").read_text())["revision"] == COMMIT
    assert (folder / "model.safetensors").samefile(known / "model.safetensors"), "the disk holds each byte once"


def test_what_another_program_fetched_in_part_is_not_taken(serve, known):
    (known / "model.safetensors").unlink()
    asked = serve()
    assert (pull(NAME) / "model.safetensors").is_file() and asked


def test_the_hub_comes_before_the_package(serve, toy, repo, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy", replace(toy, hub=NAME, revision=COMMIT))
    serve()
    assert json.loads((pull("toy") / "hanshuku.json").read_text())["source"] == "hub"


def test_the_package_helps_out_where_the_hub_cannot_be_reached(toy, monkeypatch, cache):
    monkeypatch.setitem(CATALOGUE, "toy", replace(toy, hub=NAME, revision=COMMIT))
    said = []
    assert json.loads((pull("toy", say=said.append) / "hanshuku.json").read_text())["source"] == "package"
    assert said[0] == "asking the hub for toys/tiny" and "no network in tests" in said[1] and kept(cache) == ["toy"]


def test_other_weights_than_the_catalogue_promises_are_refused(serve, toy, monkeypatch, cache):
    monkeypatch.setitem(CATALOGUE, "toy", replace(toy, hub=NAME, revision=COMMIT, sha256=sha256(b"other")))
    serve()
    with pytest.raises(HashMismatch, match=r"model\.safetensors has SHA-256 .*; expected .* Nothing was kept"):
        pull("toy")
    assert kept(cache) == []


def test_damage_in_the_hub_librarys_cache_names_the_folder_to_remove(known, toy, monkeypatch, cache):
    monkeypatch.setitem(CATALOGUE, "toy", replace(toy, hub=NAME, revision="main", sha256=sha256(b"other")))
    with pytest.raises(HashMismatch, match=rf"In the hub library's own cache, model\.safetensors has SHA-256 .* Remove .*{COMMIT} first"):
        pull("toy")
    assert kept(cache) == []


def test_other_weights_than_the_hub_states_are_refused(serve, monkeypatch, cache):
    def wrong(name, folder):
        about = listing(name, folder)
        for file in about["siblings"]:
            if "lfs" in file:
                file["lfs"]["sha256"] = sha256(b"other")
        return about

    monkeypatch.setattr("tests.models.toys.listing", wrong)
    serve()
    with pytest.raises(HashMismatch):
        pull(NAME)
    assert kept(cache) == []


def test_pickled_weights_are_refused_before_anything_is_fetched(serve, repo, cache):
    (repo / "model.safetensors").rename(repo / "pytorch_model.bin")
    asked = serve()
    with pytest.raises(ModelError, match=r"toys/tiny has its weights in pytorch_model\.bin"):
        pull(NAME)
    assert not any("/resolve/" in path for path in asked) and kept(cache) == []


@pytest.mark.parametrize(
    ("status", "said"), [(401, "wants a login or a consent first .*run 'hf auth login'"), (403, "wants a login"), (404, "no such model or revision")]
)
def test_what_the_hub_refuses_is_told_in_words(serve, status, said):
    serve({NAME: status})
    with pytest.raises(ModelUnavailable, match=rf"the hub could not give it \(.*{said}.*Do one of these"):
        pull(NAME)
    assert not hub._failure, "the next model may be had"


def test_a_hub_that_cannot_be_reached_is_not_asked_again(serve, monkeypatch):
    from huggingface_hub import constants

    asked = serve()
    address, closed = constants.ENDPOINT, "http://127.0.0.1:9"
    monkeypatch.setattr(constants, "ENDPOINT", closed)
    with pytest.raises(ModelUnavailable, match="the hub could not give it"):
        pull(NAME)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
        pull(NAME)
    assert not asked


def test_offline_the_hub_is_not_asked(serve, monkeypatch):
    asked = serve()
    monkeypatch.setenv("HANSHUKU_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match="the network is switched off"):
        pull(NAME)
    assert not asked
