"""Every entry of the catalogue is whole, and a name finds its model."""

import re

import pytest

from hanshuku.errors import ModelError, UnknownName
from hanshuku.models.catalogue import CATALOGUE, find
from hanshuku.models.info import KINDS

every = pytest.mark.parametrize("info", CATALOGUE.values(), ids=CATALOGUE)


@every
def test_an_entry_says_what_it_is_and_under_which_licence(info):
    assert CATALOGUE[info.name] is info and info.kind in KINDS
    assert info.licence and info.languages and info.summary


@every
def test_an_entry_gives_its_sizes(info):
    assert min(info.parameters, info.max_length, info.width, info.package.megabytes) > 0


@every
def test_an_entry_on_the_hub_is_one_commit_of_it(info):
    assert re.fullmatch(r"[0-9a-f]{40}", info.revision) if info.hub else info.revision in info.package.requirements[0]


@every
def test_an_entry_has_a_sha256_for_each_file_of_its_package(info):
    digests = [*info.package.files.values(), *info.package.notices.values()]
    assert digests and all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


@every
def test_a_package_is_pinned_to_one_version(info):
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", requirement) for requirement in info.package.requirements)


@every
def test_a_restricted_licence_comes_with_its_text(info):
    assert not info.restricted or any("TERMS" in name for name in info.package.notices)


def test_each_kind_but_one_has_a_model_and_chinese_an_encoder():
    assert {info.kind for info in CATALOGUE.values()} == set(KINDS) - {"encoder-decoder"}  # none comes as a package
    assert any(info.kind == "encoder" and "zh" in info.languages for info in CATALOGUE.values())


@pytest.mark.parametrize(("name", "meant"), [("minlm", "minilm"), ("smolm2", "smollm2"), ("e5-multilang", "e5-multilingual")])
def test_a_misspelt_name_is_offered_the_nearest(name, meant):
    with pytest.raises(UnknownName, match=rf"No model is named '{name}'\. Did you mean '{meant}'\? Known: e5-multilingual"):
        find(name)


def test_the_hub_name_finds_the_entry():
    info = CATALOGUE["minilm"]
    assert find(info.hub) is info and find(f"{info.hub}@{info.revision}") is info


def test_of_a_hub_model_that_is_not_here_the_name_and_revision_are_known():
    info = find("someone/some-model@v2")
    assert (info.name, info.hub, info.revision) == ("someone/some-model@v2", "someone/some-model", "v2")
    assert find("someone/some-model").revision == "main"


@pytest.mark.parametrize("name", ["./nothing", "/no/such/folder", "~/none", "~nobody-here/model", "a/b/c", r"C:\models"])
def test_a_path_to_nothing_is_told_as_such(name):
    with pytest.raises(ModelError, match=r"There is no folder .* or one of: minilm"):
        find(name)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 5000, "org/" + "x" * 500])
def test_what_can_be_no_name_is_refused(name):
    with pytest.raises(UnknownName):
        find(name)


def test_a_folder_does_not_hide_an_entry_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "minilm").mkdir()
    assert find("minilm") is CATALOGUE["minilm"]
