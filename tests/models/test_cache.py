"""The cache: where it is, and whether what lies there is whole."""

import errno

import pytest

from hanshuku.errors import StorageError
from hanshuku.models.cache import cache_folder, fault, is_offline, settle, staging, storage, write_record


def whole(folder, text="weights"):
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text(text)
    write_record(folder, {"source": "test"})
    return folder


def test_the_cache_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HANSHUKU_CACHE", "~/here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "here"


def test_the_cache_is_else_where_the_system_keeps_its_own(monkeypatch, tmp_path):
    monkeypatch.delenv("HANSHUKU_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hanshuku"


@pytest.mark.parametrize(("value", "off"), [("1", True), (" YES ", True), ("on", True), ("0", False), ("", False), ("no", False)])
def test_the_offline_switch_takes_the_usual_words(monkeypatch, value, off):
    monkeypatch.setenv("HANSHUKU_OFFLINE", value)
    assert is_offline() is off


def test_a_whole_folder_has_no_fault(tmp_path):
    assert fault(whole(tmp_path / "m")) == ""


def test_what_is_wrong_is_said(tmp_path):
    assert fault(tmp_path / "m") == "absent"
    folder = whole(tmp_path / "m")
    (folder / "model.safetensors").write_text("less")
    assert fault(folder) == "model.safetensors has 4 bytes instead of 7"
    (folder / "model.safetensors").unlink()
    assert fault(folder) == "model.safetensors is missing"
    (folder / "hanshuku.json").write_text("{")
    assert fault(folder) == "it has no weights"


def test_a_damaged_folder_gives_way_and_a_whole_one_stays(tmp_path):
    place = whole(tmp_path / "m", "old")
    with staging(place) as staged:
        settle(whole(staged / "model", "new"), place)
    assert (place / "model.safetensors").read_text() == "old"
    (place / "model.safetensors").write_text("damaged")
    with staging(place) as staged:
        settle(whole(staged / "model", "new"), place)
    assert (place / "model.safetensors").read_text() == "new" and [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(ValueError, match="stop"), staging(tmp_path / "m") as staged:
        (staged / "half").write_text("x")
        raise ValueError("stop")
    assert not any(tmp_path.iterdir())


def test_a_pull_sweeps_its_own_remains_and_not_those_of_a_longer_name(tmp_path):
    with staging(tmp_path / "org--model2.5-small") as other, staging(tmp_path / "org--model2"):
        assert other.is_dir()
    (tmp_path / ".org--model2.abcd_123.tmp").mkdir()
    with staging(tmp_path / "org--model2"):
        assert not (tmp_path / ".org--model2.abcd_123.tmp").exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), RuntimeError("I/O error: No space left on device (os error 28)")])
def test_a_full_disk_is_told_with_the_way_out(tmp_path, error):
    with pytest.raises(StorageError, match=r"is full; nothing was kept\. Free some space, or set HANSHUKU_CACHE"), storage(tmp_path / "m"):
        raise error


def test_errors_of_other_kinds_pass(tmp_path):
    with pytest.raises(ValueError, match="other"), storage(tmp_path / "m"):
        raise ValueError("other")
