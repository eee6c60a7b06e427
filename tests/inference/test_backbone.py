"""Networks on disk: small where little moved, whole in themselves, refused when damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import hanshuku.inference.backbone as backbone  # noqa: E402
from hanshuku.errors import FunctionFolderError, HashMismatch  # noqa: E402
from hanshuku.inference.backbone import Adapted, load_backbone, save_backbone  # noqa: E402
from hanshuku.models.load import load_encoder  # noqa: E402
from hanshuku.training.tunings import prepare  # noqa: E402

IDS = torch.tensor([[5, 6, 7]])


def answer(loaded):
    with torch.no_grad():
        return loaded.network(input_ids=IDS).last_hidden_state


def tuned(model: str, tuning: str) -> Adapted:
    loaded = load_encoder(model)
    change = prepare(loaded.network, tuning, size=1 if tuning == "last_layers" else 0)
    with torch.no_grad():
        for parameter in change.trunk.parameters():
            if parameter.requires_grad:
                parameter.add_(0.01)
    network, delta = change.finish()
    return Adapted(loaded.info, loaded.folder, network, loaded.tokenizer, delta)


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def in_catalogue(monkeypatch, tiny_encoder):
    """The tiny model under a catalogue name, as one that any machine can fetch."""
    loaded = load_encoder(tiny_encoder)
    monkeypatch.setitem(backbone.CATALOGUE, "tiny", replace(loaded.info, name="tiny", hub="org/tiny", revision="main"))
    monkeypatch.setattr(backbone, "pull", lambda name: Path(tiny_encoder))
    return lambda loaded: replace(loaded, info=backbone.CATALOGUE["tiny"])


@pytest.mark.parametrize("model", ["tiny_encoder", "tiny_causal"])
@pytest.mark.parametrize("changed", [True, False])
def test_a_whole_network_comes_back_with_what_is_known_of_it(model, changed, tmp_path, request):
    loaded = load_encoder(request.getfixturevalue(model))
    loaded.info = replace(loaded.info, prefix="query: ", max_length=77)
    data = json.loads(json.dumps(save_backbone(loaded, tmp_path, changed=changed)))
    again = load_backbone(tmp_path, data)
    assert torch.equal(answer(again), answer(loaded))
    assert again.info == loaded.info
    assert again.tokenizer("我的 parcel")["input_ids"] == loaded.tokenizer("我的 parcel")["input_ids"]


def test_what_transformers_writes_it_can_load_by_itself(tiny_encoder, tmp_path):
    from transformers import AutoModel, AutoTokenizer

    save_backbone(load_encoder(tiny_encoder), tmp_path, changed=True)
    AutoModel.from_pretrained(tmp_path / "model")
    AutoTokenizer.from_pretrained(tmp_path / "model")


@pytest.mark.parametrize("tuning", ["last_layers", "bias", "lora", "dora", "ia3", "prefix", "prompt", "adapter"])
def test_a_small_change_is_saved_small_and_comes_back(tuning, in_catalogue, tiny_encoder, tmp_path):
    loaded = in_catalogue(tuned(tiny_encoder, tuning))
    data = json.loads(json.dumps(save_backbone(loaded, tmp_path, changed=False)))
    assert "model/model.safetensors" not in files(tmp_path)
    again = load_backbone(tmp_path, data)
    assert torch.equal(answer(again), answer(loaded))
    assert save_backbone(again, tmp_path / "model", changed=False) == data  # and can be saved once more


def test_a_base_that_is_only_a_folder_goes_along(tiny_encoder, tmp_path, monkeypatch):
    loaded = tuned(tiny_encoder, "bias")
    data = save_backbone(loaded, tmp_path, changed=False)
    assert data["base"]["name"] is None
    monkeypatch.setattr(backbone, "pull", None)
    assert torch.equal(answer(load_backbone(tmp_path, data)), answer(loaded))


def test_a_frozen_catalogue_model_is_linked_and_a_users_folder_copied(in_catalogue, tiny_encoder, tmp_path):
    own, known = tmp_path / "own", tmp_path / "known"
    own.mkdir()
    known.mkdir()
    save_backbone(load_encoder(tiny_encoder), own, changed=False)
    save_backbone(in_catalogue(load_encoder(tiny_encoder)), known, changed=False)
    weights = Path(tiny_encoder) / "model.safetensors"
    assert not (own / "model" / "model.safetensors").samefile(weights)
    same_disk = weights.stat().st_dev == known.stat().st_dev
    assert (known / "model" / "model.safetensors").samefile(weights) == same_disk


def test_another_base_than_it_was_learned_on_is_refused(in_catalogue, tiny_encoder, tmp_path):
    data = save_backbone(in_catalogue(tuned(tiny_encoder, "bias")), tmp_path, changed=False)
    data["base"]["sha256"] = "0" * 64
    with pytest.raises(HashMismatch, match="learned on 'tiny'"):
        load_backbone(tmp_path, data)


@pytest.mark.parametrize("tuning", ["bias", "lora"])
def test_a_missing_part_is_named(tuning, in_catalogue, tiny_encoder, tmp_path):
    data = save_backbone(in_catalogue(tuned(tiny_encoder, tuning)), tmp_path, changed=False)
    next((tmp_path / "model").glob("*.safetensors")).unlink()
    with pytest.raises(FunctionFolderError, match="is damaged"):
        load_backbone(tmp_path, data)


def test_a_manifest_without_its_facts_is_refused(tmp_path):
    with pytest.raises(FunctionFolderError, match="does not say how its network is kept"):
        load_backbone(tmp_path, {})
