"""Functions that write new rows, from a model's name or from saved functions."""

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError
from hanshuku.functions.writers import writers_of
from tests.tiny import tiny_llama


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    """A random causal model that reads 600 letters."""
    return str(tiny_llama(tmp_path_factory.mktemp("writer"), length=600))


def test_a_model_makes_as_many_paraphrasers_as_rows_are_due_each_told_otherwise(writer):
    made = writers_of("paraphrase", [writer], language="zh", times=3)
    assert len({function.task.instruction for function in made}) == 3 and all("改写" in function.task.instruction for function in made)


def test_a_model_translates_there_and_back_through_a_language_a_row(writer):
    made = writers_of("back_translate", [writer], language="en", through=["de", "fr"], times=2)
    assert [function.task.language for function in made] == ["de", "en", "fr", "en"]


def test_saved_functions_are_taken_as_they_are(writer, tmp_path):
    path = hk.generate("Say it otherwise.").learn(method="prompt", model=writer).save(tmp_path / "other.fn")
    (function,) = writers_of("paraphrase", [str(path)], language="en")
    assert function.task.instruction == "Say it otherwise."


def test_what_a_model_writes_becomes_rows_or_is_refused_with_a_reason(writer):
    rows = [{"text": f"the parcel {i} never came", "label": "ab"[i % 2]} for i in range(4)]
    out = hk.read(rows).augment("paraphrase", by=writers_of("paraphrase", [writer], language="en"))
    assert len(out) > 4 or "refused" in out.notes[-1].message


@pytest.mark.parametrize(("names", "through", "said"), [(["a", "b"], (), "or one model"), (["m"], ("en",), "other than en"), (["m"], ("tlh",), "other than en")])
def test_what_cannot_write_is_refused(names, through, said):
    with pytest.raises(ConfigError, match=said):
        writers_of("back_translate", names, language="en", through=through)
