"""describe and advise, and the commands that print them."""

import json

import pytest
from typer.testing import CliRunner

from hanshuku.cli.models import app
from hanshuku.errors import UnknownName
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.models.describe import advise, describe
from hanshuku.models.pull import pull


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_is_described_in_plain_json_without_fetching_it(name, cache):
    facts = describe(name)
    assert json.loads(json.dumps(facts)) == facts and not cache.exists()
    assert facts["licence"] and facts["sha256"] and facts["package"] and (facts["cached"], facts["folder"], facts["megabytes"]) == (False, "", None)


def test_a_pulled_model_is_described_with_its_place_and_size(toy):
    folder = pull("toy")
    facts = describe("toy")
    assert facts["cached"] and facts["folder"] == str(folder)
    assert facts["megabytes"] == round(sum(f.stat().st_size for f in folder.iterdir()) / 1e6, 1) > 0


def test_a_folder_is_described_too(tiny_encoder):
    facts = describe(tiny_encoder)
    assert facts["cached"] and facts["kind"] == "encoder" and facts["licence"] == "unknown: see its page"


def test_a_hub_model_that_is_not_here_is_known_by_name_alone():
    facts = describe("someone/some-model")
    assert (facts["hub"], facts["cached"], facts["parameters"]) == ("someone/some-model", False, 0)


def test_a_misspelt_name_is_offered_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'minilm'"):
        describe("minilmm")


@pytest.mark.parametrize("rows", [0, 64, 5000])
@pytest.mark.parametrize("language", ["en", "zh", "other"])
@pytest.mark.parametrize("task", ["classify", "rate"])
def test_advice_is_entries_of_the_catalogue_each_once_with_a_reason(task, language, rows):
    found = advise(task, language, rows)
    names = [name for name, _ in found]
    assert names and len(set(names)) == len(names) and set(names) <= set(CATALOGUE) and all(why for _, why in found)


def test_the_first_advice_reads_the_language():
    for language in ("en", "zh"):
        assert language in CATALOGUE[advise("classify", language, 100)[0][0]].languages


def test_static_vectors_are_advised_from_a_thousand_rows():
    assert "wordllama" not in dict(advise("classify", "en", 999)) and "wordllama" in dict(advise("classify", "en", 1000))


def test_a_restricted_model_is_never_advised():
    assert not any(CATALOGUE[name].restricted for language in ("en", "zh") for name, _ in advise("classify", language, 0))


@pytest.mark.parametrize(("task", "language", "said"), [("clasify", "en", "Did you mean 'classify'"), ("rate", "fr", "No language is named 'fr'")])
def test_advice_on_what_is_not_known_is_refused(task, language, said):
    with pytest.raises(UnknownName, match=said):
        advise(task, language, 0)


def run(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_list_names_every_model_and_its_licence():
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))["models"]}
    assert {name: row["licence"] for name, row in rows.items()} == {info.name: info.licence for info in CATALOGUE.values()}


def test_the_command_show_prints_every_fact():
    shown = run("show", "gemma-270m")
    assert "Gemma Terms of Use" in shown and "google/gemma-3-270m" in shown and all(key in shown for key in describe("gemma-270m"))


def test_the_command_pull_prints_where_the_model_is(toy, cache):
    assert json.loads(run("pull", "toy", "--json")) == {"toy": str(cache / "models" / "toy")}


def test_the_command_advise_prints_names_and_reasons():
    assert json.loads(run("advise", "--language", "zh", "--json"))["advice"][0]["name"] == "e5-multilingual"
