"""Names of models on a server: told from folders and hub names, and never with a password in them."""

import pytest

from hanshuku.errors import ModelError, RemoteError
from hanshuku.models.catalogue import find
from hanshuku.models.describe import describe
from hanshuku.models.pull import is_cached, pull
from hanshuku.models.remote import is_remote, parse_remote


def test_both_forms_of_a_name_are_understood(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1/")
    assert (parse_remote("openai:qwen3:4b").model, parse_remote("openai:qwen3:4b").address) == ("qwen3:4b", "http://localhost:11434/v1")
    other = parse_remote("https://host/v1#org/model")
    assert (other.model, other.address) == ("org/model", "https://host/v1")


def test_without_an_address_it_is_openais(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert parse_remote("openai:gpt-x").address == "https://api.openai.com/v1"


def test_the_catalogue_knows_it_as_remote_whatever_folders_there_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openai:gpt-x").mkdir()
    assert find("openai:gpt-x").kind == "remote" and not is_cached("openai:gpt-x")
    assert describe("openai:gpt-x")["kind"] == "remote"
    assert not is_remote("org/model") and not is_remote("minilm")


def test_it_cannot_be_pulled():
    with pytest.raises(ModelError, match="not fetched"):
        pull("openai:gpt-x")


@pytest.mark.parametrize("name", ["openai:", "http://host/v1", "http://#m", "http://host:0/v1#m", "http://host:99999/v1#m", "openai:a b"])
def test_a_name_that_says_too_little_is_refused(name):
    with pytest.raises(ModelError, match="is named openai:MODEL"):
        find(name)


@pytest.mark.parametrize("name", ["http://me:secret@host/v1#m", "http://host/v1?api-key=secret#m"])
def test_a_name_with_a_password_is_refused_and_the_password_not_repeated(name):
    with pytest.raises(ModelError) as found:
        find(name)
    assert "OPENAI_API_KEY" in str(found.value) and "secret" not in str(found.value)


def test_a_wrong_address_in_the_environment_is_said(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8000")
    with pytest.raises(RemoteError, match="OPENAI_BASE_URL must be an address"):
        _ = parse_remote("openai:m").address


@pytest.mark.parametrize(("name", "gets_it"), [("openai:m", True), ("http://mine:80/v1#m", True), ("http://mine/v1#m", True), ("https://mine/v1#m", False), ("http://other/v1#m", False)])
def test_the_key_belongs_to_the_server_of_the_environment(name, gets_it, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://mine/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert parse_remote(name).key == ("k" if gets_it else "")
