"""Unlabelled texts come in groups of alike ones, the largest first, each with a name."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.cluster import _grouped, cluster
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.cli.test_cli import run

PARCELS = [f"my parcel {end}" for end in ("never came", "is late", "is lost", "came today", "is here", "is not here")]
MONEY = [f"give me the money back {end}" for end in ("today", "please", "again", "now")]


@pytest.fixture(scope="module")
def found(tiny_encoder):
    return cluster(PARCELS + MONEY, k=2, model=tiny_encoder)


def test_alike_texts_share_a_cluster_and_the_largest_comes_first(found):
    assert [len(each) for each in found] == [6, 4]
    assert set(found.clusters[0].rows) == set(range(6))


def test_a_cluster_is_named_by_what_its_texts_say(found):
    assert found.clusters[0].words[0] == "parcel"
    assert set(found.clusters[1].name.split(" / ")) == {"back", "give", "money"}
    assert found.names[0] == found.clusters[0].name


def test_the_most_central_text_comes_first(found):
    near = found.nearness[list(found.clusters[0].rows)]
    assert (np.diff(near) <= 1e-9).all()


def test_the_silhouette_finds_how_many_groups_there_are():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(centre, 0.1, (15, 3)) for centre in ([0, 0, 0], [5, 0, 0], [0, 5, 0], [0, 0, 5])])
    member, tried = _grouped(points, 0, 0)
    assert max(tried, key=tried.get) == 4
    assert len(set(member.tolist())) == 4


class Namer:
    """Writes the first word it is given as a name, in quotes and with a full stop."""

    KIND = "namer"
    threshold = 0.5

    def outputs(self, inputs):
        return objects([(f'"{row[0].split(",")[0].upper()}."\nbecause', None) for row in inputs])


def test_a_function_that_writes_may_propose_the_names(tiny_encoder):
    names = Function(Task("generate", instruction="Name it."), Namer())
    found = cluster(PARCELS + MONEY, k=2, names=names, model=tiny_encoder)
    assert [each.name for each in found] == [each.words[0].upper() for each in found]


def test_a_function_that_writes_no_text_is_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="writes a text"):
        cluster(PARCELS, names=hk.classify(["a", "b"]), model=tiny_encoder)


@pytest.mark.parametrize("k", [7, 1])
def test_a_number_of_clusters_that_cannot_be_is_met_with_those_that_can(k):
    with pytest.raises(ConfigError, match="from 2 to 6"):
        cluster(PARCELS, k=k)


def test_too_few_texts_are_refused():
    with pytest.raises(DataError, match="three different texts"):
        cluster(["a", "a", "b"])


def test_an_outlier_that_is_not_among_the_rows_judged_breaks_nothing(monkeypatch):
    monkeypatch.setattr("hanshuku.functions.cluster.JUDGED", 5)
    points = np.concatenate([np.random.default_rng(0).normal(size=(60, 2)), [[1000.0, 1000.0]]])
    member, tried = _grouped(points, 2, seed=0)
    assert len(member) == 61 and set(tried) == {2}


def test_the_command_writes_every_row_with_its_cluster(capsys, tmp_path, monkeypatch, tiny_encoder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.csv").write_text("id,text\n" + "\n".join(f"{i},{text}" for i, text in enumerate(PARCELS + MONEY)))
    code, out, _ = run(capsys, "cluster", "texts.csv", "--k", "2", "--model", tiny_encoder, "--out", "named.jsonl", "-q")
    assert code == 0
    assert "2 clusters (given) of 10 texts" in out
    rows = [json.loads(line) for line in (tmp_path / "named.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 10 and set(rows[0]) == {"id", "text", "cluster", "nearness"}
    _, out, _ = run(capsys, "cluster", "texts.csv", "--k", "2", "--model", tiny_encoder, "--json")
    assert sum(each["size"] for each in json.loads(out)["clusters"]) == 10
