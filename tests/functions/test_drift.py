"""drift: rows of the same source are not accused, planted changes are found and told in both languages, with and without the rows learned from."""

import io
import json
from collections import Counter

import numpy as np
import pytest
from rich.console import Console

import hanshuku as hk
from hanshuku.cli.main import main
from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.evaluation.drift.found import Check
from hanshuku.evaluation.drift.looks import count_rows, languages, typical_words, unknown_shares, words_of
from hanshuku.evaluation.drift.measure import advise
from hanshuku.evaluation.drift.summary import Summary, summarise
from hanshuku.evaluation.drift.words import EN, ZH
from hanshuku.functions.core import Function
from hanshuku.functions.origin import Origin
from hanshuku.tasks import Task
from tests.evaluation.test_diff import KINDS, Said

MOOD = Task("classify", labels=("good", "bad"), name="mood")
WORDS = {"good": "glad happy sunny lovely kind bright warm fine", "bad": "sad rain gloomy awful cruel dark cold poor", "other": "the a this that room film food day was is very with and so much"}
ELSEWHERE = "flight plane airport luggage pilot gate ticket crew delayed landing"


class ByWords:
    """Counts words of each mood; its confidence grows with the difference."""

    KIND, threshold, task = "words", 0.5, MOOD

    def outputs(self, inputs):
        found = np.array([[sum(word in WORDS[label] for word in row[0].split()) for label in MOOD.labels] for row in inputs], dtype=np.float64)
        raised = np.exp(0.8 * found)
        return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


def texts(rng, n, good=0.5, extra="", size=12):
    """n texts and their labels."""
    found = []
    for _ in range(n):
        label = "good" if rng.random() < good else "bad"
        own = [*rng.choice(WORDS[label].split(), 3), *rng.choice(WORDS["bad" if label == "good" else "good"].split(), 1)]
        rest = [*rng.choice(WORDS["other"].split(), size - 4 - 3 * bool(extra)), *(rng.choice(extra.split(), 3) if extra else ())]
        found.append({"text": " ".join(rng.permutation([*own, *rest])), "label": label})
    return found


def bare(rows):
    return hk.read([{"text": row["text"]} for row in rows])


@pytest.fixture(scope="module")
def mood():
    return Function(MOOD, ByWords())


@pytest.fixture(scope="module")
def train():
    return hk.read(texts(np.random.default_rng(0), 300))


@pytest.fixture(scope="module")
def test():
    return hk.read(texts(np.random.default_rng(1), 300))


@pytest.fixture(scope="module")
def elsewhere(mood, train, test):
    """Rows about flights, in which most are bad."""
    return mood.drift(bare(texts(np.random.default_rng(2), 240, good=0.2, extra=ELSEWHERE)), train, test=test, window=60)


def test_rows_of_the_same_source_are_accused_no_more_often_than_the_level(mood):
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(100 + seed)
        alarms += mood.drift(bare(texts(rng, 40)), hk.read(texts(rng, 50)), test=hk.read(texts(rng, 50)), seed=seed).found
    assert alarms <= 6  # 5% of 40 is 2; more than 6 by chance in 3 of 1,000


def test_rows_of_the_same_source_have_nothing_to_be_done(mood, train, test):
    found = mood.drift(bare(texts(np.random.default_rng(3), 240)), train, test=test)
    assert not found.found
    assert found.advice == "nothing"
    assert found.to_json()["findings"][0].startswith("No drift is seen")


def test_rows_of_another_kind_are_told_apart_with_what_changed(elsewhere):
    real = {check.name for check in elsewhere.checks if check.real}
    assert {"texts", "unknown_words", "answers"} <= real
    assert elsewhere.auc["low"] > 0.9
    assert elsewhere.advice == "measure"
    assert {each.word for each in elsewhere.words_now} <= set(ELSEWHERE.split()) | set(WORDS["bad"].split())
    assert all(any(word in row.text for word in ELSEWHERE.split()) for row in elsewhere.foreign)
    assert elsewhere.foreign[0].file == "rows"


def test_the_shares_of_the_labels_are_recovered(elsewhere):
    share = {each.label: each for each in elsewhere.shares}["good"]
    assert share.before == pytest.approx(0.5, abs=0.06)
    assert share.low <= 0.2 <= share.high
    assert share.by_em < 0.2  # the function's probabilities are less sure than it is right, which EM takes at their word


def test_a_shift_of_labels_alone_asks_for_no_new_learning(mood, train, test):
    found = mood.drift(bare(texts(np.random.default_rng(4), 200, good=0.75)), train, test=test)
    assert found.check("answers").real
    assert found.advice in {"shares", "watch"}  # the words of a mood are texts too
    assert {each.label: each for each in found.shares}["good"].p_holm < 0.05


def check(name, size, *, real=True):
    return Check(name, 0.0, 0.0, None, None, None, 0.001, 0.001, real, size)


LOWER, ALIKE = ({"as_sure_less": {"high": high}, "sure_enough": {"high": 0.75}} for high in (0.7, 0.9))


@pytest.mark.parametrize(
    ("checks", "foretold", "advice"),
    [
        ([check("texts", 0.9, real=False)], LOWER, "nothing"),
        ([check("texts", 0.9)], LOWER, "measure"),
        ([check("texts", 0.6)], LOWER, "relearn"),
        ([check("texts", 0.6)], ALIKE, "watch"),
        ([check("answers", 0.2)], ALIKE, "shares"),
        ([check("length", 0.2)], {}, "watch"),
    ],
)
def test_what_to_do_follows_from_what_was_found(checks, foretold, advice):
    assert advise(checks, foretold, {"value": 0.82, "low": 0.8}) == advice


def test_windows_show_when_it_began(mood, train, test):
    rng = np.random.default_rng(5)
    rows = texts(rng, 120) + texts(rng, 120, extra=ELSEWHERE)
    live = hk.read([{"text": row["text"], "at": f"2026-03-{1 + i // 60:02d}T{i % 60 // 3:02d}:00:00"} for i, row in enumerate(rows)])
    found = mood.drift(live, train, test=test, window="day", time="at")
    assert [window.start for window in found.windows] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert [window.real for window in found.windows] == [False, False, True, True]
    assert all(window.n == 60 for window in found.windows)
    assert "the first is that from 2026-03-03" in " ".join(found.to_json()["findings"])


def test_windows_follow_time_and_not_the_order_of_the_file(mood, train):
    rng = np.random.default_rng(6)
    rows = texts(rng, 60) + texts(rng, 60, extra=ELSEWHERE)
    live = hk.read([{"text": row["text"], "at": 1e9 - i} for i, row in enumerate(rows)])  # the last one came first
    found = mood.drift(live, train, window=60, time="at")
    assert [window.real for window in found.windows] == [True, False]


def test_without_the_rows_the_summary_that_was_kept_serves(train):
    from hanshuku.functions.learn import encoded

    rows, _ = encoded(MOOD, train)
    summary = summarise(rows.inputs, rows).to_json()
    kept = Function(MOOD, ByWords(), history=(Origin("words", {}, "none", summary=json.loads(json.dumps(summary))),))
    same, other = (kept.drift(bare(texts(np.random.default_rng(7), 200, extra=extra))) for extra in ("", ELSEWHERE))
    assert not same.found
    assert same.compared_with == "summary"
    assert other.check("texts").real
    with pytest.raises(ConfigError, match="keeps no summary"):
        Function(MOOD, ByWords()).drift(bare(texts(np.random.default_rng(7), 30)))


def test_a_summary_holds_no_word_of_the_rows_and_two_add_up(train):
    from hanshuku.functions.learn import encoded

    rows, _ = encoded(MOOD, train)
    whole = summarise(rows.inputs, rows)
    assert not any(word in json.dumps(whole.to_json()) for word in ("glad", "gloomy", "room"))
    first, second = rows.take(range(100)), rows.take(range(100, 300))
    added = summarise(first.inputs, first).with_more(summarise(second.inputs, second))
    assert (added.rows, added.labels, added.lengths) == (whole.rows, whole.labels, whole.lengths)
    assert np.allclose(added.mean, whole.mean, atol=1e-5)
    assert np.allclose(added.covariance, whole.covariance, atol=1e-5)
    assert Summary.from_json(whole.to_json()) == whole


def test_a_function_that_learned_keeps_a_summary_on_disk_and_says_so_on_its_card(tmp_path, train):
    pytest.importorskip("scipy")
    from tests.tiny import tiny_static

    model = str(tiny_static(tmp_path / "static"))
    learned = Function(MOOD).learn(train, method="static", model=model)
    learned.save(tmp_path / "mood.fn")
    assert hk.load(tmp_path / "mood.fn").drift(bare(texts(np.random.default_rng(8), 100, extra=ELSEWHERE))).found
    assert "A summary of 300 rows" in (tmp_path / "mood.fn" / "card.md").read_text(encoding="utf-8")


def test_answers_to_rows_that_were_learned_from_do_not_count_and_foretell_nothing(mood, train):
    found = mood.drift(bare(texts(np.random.default_rng(9), 100)), train)
    assert {check.name for check in found.checks if not check.counts} == {"confidence", "answers"}
    assert set(found.foretold) == {"as_sure"}
    assert any("learned from, of which a function is too sure" in line for line in found.to_json()["findings"])


def test_the_confusions_of_a_saved_report_serve_for_the_shares(train, test):
    measured = Function(MOOD, ByWords())
    measured.evaluate(test, checks=())
    found = Function(MOOD, ByWords(), report=measured.report).drift(bare(texts(np.random.default_rng(10), 200, good=0.9)), train)
    assert found.shares_by == "report"
    assert {each.label: each for each in found.shares}["good"].value == pytest.approx(0.9, abs=0.1)
    assert found.known["n"] == 300


def test_a_log_of_the_server_is_read_and_only_rows_of_the_function_count(mood, train, tmp_path):
    rng = np.random.default_rng(11)
    log = tmp_path / "log.jsonl"
    with log.open("w", encoding="utf-8") as stream:
        for i, row in enumerate(texts(rng, 60)):
            stream.write(json.dumps({"time": f"2026-03-01T00:{i:02d}:00Z", "function": "mood", "input": {"text": row["text"]}, "output": "good", "confidence": 0.9}) + "\n")
            stream.write(json.dumps({"time": f"2026-03-01T00:{i:02d}:30Z", "function": "team", "input": {"message": "hi"}, "output": "x", "confidence": 0.9}) + "\n")
    found = mood.drift(log, train, window=30)
    assert found.n == 60
    assert [window.start for window in found.windows] == ["2026-03-01 00:00", "2026-03-01 00:30"]
    assert any("60 of 120 rows of the log are of mood" in note for note in found.notes)
    with pytest.raises(DataError, match=r"log\.jsonl:2: the input holds no text"):
        mood.drift(log, train, name="team")
    with pytest.raises(DataError, match="The log holds the functions mood, team"):
        mood.drift(log, train, name="nobody")


def test_the_last_line_of_a_log_that_is_still_written_is_left_out_and_said(mood, train, tmp_path):
    log = tmp_path / "log.jsonl"
    rows = texts(np.random.default_rng(4), 60)
    whole = "".join(json.dumps({"time": "2026-03-01", "function": "mood", "input": {"text": row["text"]}, "output": row["label"], "confidence": 0.9}) + "\n" for row in rows)
    log.write_text(whole + '{"time": "2026-03-01", "funct', encoding="utf-8")
    found = mood.drift(log, train)
    assert found.n == 60
    assert any("log.jsonl" in note and "line 61" in note for note in found.notes)


def test_a_log_without_personal_data_is_compared_with_rows_that_have_theirs_masked_too(mood, tmp_path):
    rng = np.random.default_rng(17)
    told = [f"{row['text']} write to {rng.choice(['ann', 'bo', 'li', 'max'])}{i}@example.com" for i, row in enumerate(texts(rng, 200))]
    log = tmp_path / "log.jsonl"
    masked = [text.rsplit(" ", 1)[0] + " [EMAIL]" for text in told[100:]]
    log.write_text("".join(json.dumps({"time": "2026-03-01", "function": "mood", "input": {"text": text}, "output": "good", "confidence": 0.9}) + "\n" for text in masked), encoding="utf-8")
    found = mood.drift(log, told[:100])
    assert not found.found
    assert any("masked in the others too" in note for note in found.notes)
    assert mood.drift(masked, told[:100]).n == 100


def test_chinese_rows_are_cut_into_words_and_another_language_is_found(mood, train):
    rng = np.random.default_rng(12)
    zh = ["房间很干净服务很好", "位置不错早餐一般", "隔音太差睡不好", "前台态度冷淡"]
    found = mood.drift(hk.read([{"text": str(rng.choice(zh)) + str(rng.choice(zh))} for _ in range(60)]), train)
    assert found.check("language").now == {"zh": 1.0}
    assert found.check("language").real
    assert not words_of([("，。！",)])[0]
    assert languages([("房间很好",), ("😀",), ("a fine day",)]) == ["zh", "none", "en"]


def test_unknown_words_leave_the_row_itself_out():
    words = [["a", "b"], ["a", "c"], []]
    known = count_rows(words)
    assert unknown_shares(words, known, own=True).tolist() == [0.5, 0.5, 0.0]
    assert unknown_shares([["a", "z"]], known).tolist() == [0.5]


def test_words_that_are_as_common_as_before_are_not_typical():
    before = Counter({"a": 50, "b": 50, "c": 3})
    now, _ = typical_words(before, Counter({"a": 50, "b": 50, "c": 40}), (100, 100))
    assert [each.word for each in now] == ["c"]


@pytest.mark.parametrize("kind", KINDS)
def test_functions_of_every_kind_can_be_looked_at(kind):
    task, examples, before, _after = KINDS[kind]
    train = hk.read(examples * 15)
    found = Function(task, Said(task, before)).drift(train, train)
    assert not found.found
    assert found.check("texts") is not None


def test_odd_texts_do_no_harm(mood):
    odd = [{"text": text} for text in ["", " ", "😀😀", "x" * 30_000, "\ud800", "مرحبا", "12345", "a"] * 4]
    found = mood.drift(hk.read(odd), hk.read(odd))
    assert not found.found
    json.dumps(found.to_json())


def printed(found, language):
    stream = io.StringIO()
    found.render(Console(file=stream, width=160), language=language)
    return stream.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_told_in_both_languages_in_the_terminal_and_on_a_page(elsewhere, language, tmp_path):
    told = {"en": ("The new rows differ", "unknown words", "Label "), "zh": ("新数据与学过的数据有超出偶然的差别", "未见过的词", "请标注")}[language]
    page = elsewhere.save(tmp_path / "drift.html", language=language).read_text(encoding="utf-8")
    for word in told:
        assert word in printed(elsewhere, language)
        assert word in page
    assert "<script" not in page
    assert json.loads(elsewhere.save(tmp_path / "drift.json").read_text(encoding="utf-8"))["found"]
    assert EN.keys() == ZH.keys()


def test_wrong_requests_are_refused_in_words(mood, train):
    live = bare(texts(np.random.default_rng(13), 40))
    with pytest.raises(DataError, match="at least 20"):
        mood.drift(live.take(range(19)), train)
    with pytest.raises(ConfigError, match="20 or more, or one of hour"):
        mood.drift(live, train, window="fortnight")
    with pytest.raises(ConfigError, match="needs to know when"):
        mood.drift(live, train, window="day")
    with pytest.raises(UnknownName, match="column"):
        mood.drift(live, train, time="when")
    with pytest.raises(UnknownName, match="features"):
        mood.drift(live, train, features="magic")
    with pytest.raises(ConfigError, match="has no vectors"):
        mood.drift(live, train, features="function")
    with pytest.raises(DataError, match="rows:1: a time is due"):
        mood.drift(hk.read([{"text": "x", "at": "yesterday"}] * 20), train, time="at")


def test_the_command_exits_with_1_at_an_alarm(tmp_path, monkeypatch, mood, capsys):
    monkeypatch.setattr("hanshuku.functions.store.load", lambda path: mood)
    rng = np.random.default_rng(14)
    for name, rows in {"train": texts(rng, 100), "same": texts(rng, 60), "new": texts(rng, 60, extra=ELSEWHERE)}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    codes = {}
    for name in ("same", "new"):
        with pytest.raises(SystemExit) as stopped:
            main(["drift", "mood.fn", str(tmp_path / f"{name}.jsonl"), "--train", str(tmp_path / "train.jsonl"), "--alarm", "--json"])
        codes[name] = stopped.value.code
    assert codes == {"same": 0, "new": 1}
    assert [json.loads(line)["found"] for line in capsys.readouterr().out.splitlines()] == [False, True]


def test_encoded_rows_without_labels_are_enough(mood):
    rows = [row["text"] for row in texts(np.random.default_rng(15), 60)]
    found = mood.drift(rows, rows)
    assert found.answers_from == "train"
    assert not found.shares


def test_the_vectors_of_an_encoder_that_no_label_moved_are_taken_and_those_of_another_are_not(train, tiny_encoder):
    live = bare(texts(np.random.default_rng(18), 60, extra=ELSEWHERE))
    kept = Function(MOOD).learn(train, method="probe", model=tiny_encoder)
    assert kept.drift(live, train).features == "function"
    assert kept.drift(live, train, features="words").features == "words"
    moved = Function(MOOD).learn(train.few(10), method="finetune", model=tiny_encoder, epochs=1)
    assert moved.drift(live, train).features == "words"


def test_a_calibrated_function_can_be_looked_at(train, test, tiny_encoder):
    calibrated = Function(MOOD).learn(train, method="probe", model=tiny_encoder).calibrate(test, risk=0.3)
    found = calibrated.drift(bare(texts(np.random.default_rng(19), 60)), train, test=test)
    assert found.features == "function"
    assert "as_sure_less" in found.foretold
