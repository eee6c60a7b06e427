"""The figures of results/ in one page, RESULTS.md: what was measured, what it came to, the peer in the same run, commit and date.

    python benchmarks/summary.py

A figure is read from its file, never typed; a file that is not there has no line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from summary_little import (
    carried_over,
    dearer,
    few_rows,
    few_rows_kinds,
    layered,
    learned_on,
    sturdier,
    switched,
    taught_by_itself,
)
from summary_trust import biased, capitals, elsewhere, foreseen, pieces, planted, scaled, turned

RESULTS = Path(__file__).with_name("results")
Line = tuple[str, str]  # what was measured, what it came to
HEAD = """# Figures

Made by `python benchmarks/summary.py` from `results/`; [what each script measures](README.md). Brackets are 95% intervals, or the least and the most of the runs
where it is said so. "Times" compare processor time or rate with the peer in the same call.
"""


def interval(found: dict, digits: int = 3) -> str:
    """A value, or a mean over seeds, with its interval, rows and chance."""
    text = f"{found['value' if 'value' in found else 'mean']:.{digits}f}"
    if found.get("low") is not None:
        text += f" [{found['low']:.{digits}f}, {found['high']:.{digits}f}]"
    chance = f", chance {found['chance']:.{digits}f}" if found.get("chance") is not None else ""
    return text + (f", n {found['n']:,}{chance}" if found.get("n") else chance)


def times(found: dict) -> str:
    """A ratio with the spread of its runs."""
    return f"{found['median']:.2f} times ({found['min']:.2f} to {found['max']:.2f}, {found['n']} runs)"


def metrics_of(found: dict) -> str:
    """Several metrics in one text."""
    return "; ".join(
        f"{name} {interval(value, 1 if name in ('bleu', 'chrf') else 3)}"
        for name, value in found.items()
        if isinstance(value, dict) and value.get("n")
    )


def quality(results: dict) -> Iterator[Line]:
    """learn_quality: one metric a set."""
    for name, found in results["results"].items():
        yield (
            name,
            f"{found['metric']} {interval(found)}" + (f"; aim {found['to_reach']}" if found.get("to_reach") else ""),
        )


def several(results: dict) -> Iterator[Line]:
    """span_quality and language_quality: several metrics a set."""
    for name, found in results["results"].items():
        yield (
            name,
            metrics_of(found["metrics"])
            + (f"; aim {found['to_reach']}" if found.get("to_reach") else "")
            + f"; learned in {found['fit_seconds'] / 60:.0f} min"
            + (f" on {found['machine'].split(', ')[-1]}" if "machine" in found else ""),
        )


def chat(results: dict) -> Iterator[Line]:
    """customer_chat."""
    for arm in ("before", "after"):
        yield arm, f"the right answer {interval(results[arm]['right'])}; {metrics_of(results[arm]['metrics'])}"


def trainer(results: dict) -> Iterator[Line]:
    """finetune_vs_trainer: rates of all arms."""
    rates = results["median"]
    mine = rates["hanshuku"]["examples_per_cpu_s"]
    for name, found in rates.items():
        said = f"{found['examples_per_cpu_s']:.1f} examples a processor second, {found['peak_training_mb']:,.0f} MB, accuracy {found['accuracy']:.3f}"
        yield (
            name,
            said + ("" if name == "hanshuku" else f"; ours {mine / found['examples_per_cpu_s']:.2f} times as fast"),
        )


def few(results: dict) -> Iterator[Line]:
    """fewshot_vs_setfit."""
    for name, found in results["sets"].items():
        arms = ", ".join(
            f"{arm} {found[arm]['accuracy']:.3f}" for arm in ("contrastive", "probe", "SetFit") if arm in found
        )
        yield (
            f"{name}, {results['per_class']} a class",
            f"{arms}; contrastive - SetFit {found['difference']:+.3f} in {found['cpu_ratio']:.2f} of its time",
        )


def lora(results: dict) -> Iterator[Line]:
    """lora_step."""
    over = results["ours_over_theirs"]
    where = f"{results['precision']}, {results['model']}"
    yield f"{where}: steps a processor second over peft + Trainer's", times(over["steps_per_cpu_s"])
    yield f"{where}: memory over theirs", times(over["peak_training_mb"])
    yield f"{where}: largest difference of a loss", f"{results['largest_difference_of_a_loss']:.4f}"


def packing(results: dict) -> Iterator[Line]:
    """packing."""
    for name, found in results["median"].items():
        yield (
            name,
            f"{found['tokens_per_cpu_s']:.0f} tokens a processor second, padding {found['padding']:.0%}, {found['peak_training_mb']:,.0f} MB",
        )


def generation(results: dict) -> Iterator[Line]:
    """generation."""
    for way, found in results["ways"].items():
        if way != "ours":
            yield (
                f"over {way}",
                f"{times(found['ours_times_as_fast'])}; the same tokens in {found['rows_with_the_same_tokens']} rows",
            )


def streams(results: dict) -> Iterator[Line]:
    """single_calls."""
    for name, found in results["streams"].items():
        yield name, f"{times(found['times_as_fast'])}; the same tokens in {found['calls_with_the_same_tokens']} calls"


def valid(results: dict) -> Iterator[Line]:
    """extract_validity."""
    for model, ways in results["models"].items():
        for way, found in ways.items():
            yield f"{model}, {way}", f"{found['valid']} of {found['n']} fit their schema"


def peers(results: dict) -> Iterator[Line]:
    """batch_classification."""
    for name, found in results["against_the_peer_s_best"].items():
        yield f"{name} over {results['best_of_the_peer']}", times(found)


def server(results: dict) -> Iterator[Line]:
    """server."""
    for name, found in results["median"].items():
        yield (
            name,
            f"{found['requests_per_s']:.0f} requests a second, p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:.0f} ms",
        )


def start(results: dict) -> Iterator[Line]:
    """startup."""
    for name, seconds in results["median_seconds"].items():
        yield name, f"{seconds:.3f} s"


def coverage(results: dict) -> Iterator[Line]:
    """coverage: least and most over what was simulated."""
    held = [found["ours"]["held"] for found in results["intervals"]]
    yield (
        f"95% intervals, {results['draws']:,} draws, {len(held)} settings",
        f"held the truth in {min(held):.3f} to {max(held):.3f}",
    )
    for found in results["families"]:
        yield (
            f"{found['functions']} functions, {found['of_these_really_worse']} really worse",
            f"any false alarm: Holm {found['any_false_alarm']['holm']['value']:.3f}, uncorrected {found['any_false_alarm']['uncorrected']['value']:.3f}",
        )
    gaps = [abs(kind["held"] - kind["asked"]) for found in results["sets_of_labels"] for kind in found["sets"]]
    yield (
        f"conformal sets, {len(results['sets_of_labels'])} sets",
        f"at most {100 * max(gaps):.1f} points from what was asked",
    )


def faithful(results: dict) -> Iterator[Line]:
    """faithfulness."""
    for found in results["cells"]:
        yield (
            f"{found['set']}, {found['learner']}, {found['method']}",
            f"comprehensiveness over random {interval(found['over_random'])}; sufficiency under random {interval(found['under_random'])}",
        )


def scope(results: dict) -> Iterator[Line]:
    """out_of_scope."""
    for fitted, ways in results["mean_over_seeds"].items():
        said = ", ".join(
            f"{way} {interval(found['auroc'])} (FPR95 {found['fpr95']['mean']:.2f})" for way, found in ways.items()
        )
        yield f"{results['method']}, {results['seeds']} seeds, fitted on {fitted} rows", f"AUROC {said}"


def toxic(results: dict) -> Iterator[Line]:
    """toxicity."""
    for name, found in results.items():
        if isinstance(found, dict) and "f1" in found:
            yield name, f"F1 {interval(found['f1'])}, AUROC {interval(found['auroc'])}"


def searched(results: dict) -> Iterator[Line]:
    """prompt_search."""
    for name, found in results["sets"].items():
        for arm in [arm for arm, value in found.items() if isinstance(value, dict)]:
            gain = found[arm]["gain"]
            yield (
                f"{name}, {arm} over the plain instruction, {results['seeds']} seeds",
                f"{found['plain']:.3f} to {found[arm]['accuracy']:.3f}: {gain['value']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}], {results['calls'] if arm == 'search' else 0} calls",
            )


def bits(results: dict) -> Iterator[Line]:
    """pretrain_vs_trainer."""
    for name, found in results["corpora"].items():
        mine, theirs = found["median_bits_per_byte"]["hanshuku"], found["median_bits_per_byte"]["Trainer"]
        over = found["ours_minus_theirs"]
        yield (
            f"{name}, {results['minutes']:g} minutes",
            f"{mine:.3f} bits a byte, Trainer {theirs:.3f}: {over['median']:+.3f} ({over['min']:+.3f} to {over['max']:+.3f}, {over['n']} runs)",
        )


def adapted(results: dict) -> Iterator[Line]:
    """domain_adaptation."""
    for name, found in results["sets"].items():
        for arm, gain in found["accuracy_gain"].items():
            came = f"{found['mean_accuracy']['alone']:.3f} to {found['mean_accuracy'][arm]:.3f}: {gain['mean']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}], {gain['n']} seeds"
            yield f"{name}, {results['few']} a class, {arm} first", came


def attacks_on_instructions(results: dict) -> Iterator[Line]:
    """injection."""
    for language, found in results["rules"].items():
        yield language, f"recall {interval(found['recall'])}; precision {interval(found['precision'])}"


def suggested(results: dict) -> Iterator[Line]:
    """suggest."""
    for name, found in results["sets"].items():
        needed = {
            by: found[by]["labels needed, part of 200"] for by in ("both", "uncertainty", "diversity") if by in found
        }
        came = "; ".join(
            f"{by} {share['mean of seeds']:.0%} ± {share['half_interval']:.0%}" for by, share in needed.items()
        )
        yield f"{name}: labels needed for what 200 random ones give, {results['seeds']} seeds", f"{came}; aim 60%"


def cleaned(results: dict) -> Iterator[Line]:
    """wrong_labels."""
    for name, found in results["sets"].items():
        mean = {key: f"{value['mean']:.3f} ± {value['half_interval']:.3f}" for key, value in found.items()}
        yield (
            f"{name}, a tenth of {results['rows']:,} labels wrong, {results['seeds']} seeds",
            (
                f"precision {mean['precision']}, recall {mean['recall']}; accuracy with them {mean['accuracy_noisy']}, those found dropped {mean['accuracy_dropped']},"
                f" none wrong {mean['accuracy_clean']}"
            ),
        )


def several_cleaned(results: dict) -> Iterator[Line]:
    """wrong_labels_several."""
    for name, found in results["sets"].items():
        mean = {who: {key: f"{value['mean']:.2f} ± {value['half_interval']:.2f}" for key, value in of.items()} for who, of in found.items()}
        peers = "; ".join(f"{who} {of['precision']} and {of['recall']} (F1 of ours {ours_over(found[who])} over it)" for who, of in mean.items() if who != "hanshuku")
        own = mean["hanshuku"]
        yield (
            f"{name}, a tenth of {results['rows']:,} rows of several labels wrong, {results['seeds']} seeds",
            f"precision {own['precision']}, recall {own['recall']}; micro-F1 of the labels {own['labels_f1_before']} before and {own['labels_f1_mended']} when mended; {peers}",
        )


def ours_over(found: dict) -> str:
    """The paired difference in points."""
    gain = found["ours_minus_this_f1"]
    return f"{100 * gain['mean']:+.1f} ± {100 * gain['half_interval']:.1f} points"


def foretold(results: dict) -> Iterator[Line]:
    """learning_curve."""
    for name, found in results["sets"].items():
        yield (
            f"{name}, {results['to_rows']:,} rows foretold from {results['from_rows']}",
            (
                f"mean error {found['mean_error']:.3f}, worst {found['worst_error']:.3f}; within the interval {found['held_by_the_interval']} of {len(found['runs'])}; "
                f"error of 'it stays as it is' {found['error_of_no_change']:.3f}"
            ),
        )


def long_rows(results: dict) -> Iterator[Line]:
    """long_rows."""
    for tokens, found in results["tokens"].items():
        yield (
            f"{tokens} tokens, a step with attention in blocks",
            f"{found['seconds']['blocks']:.2f} s; with kept probabilities {times(found['kept over blocks'])} that; transformers {times(found['transformers over blocks'])} that",
        )


def many_weights(results: dict) -> Iterator[Line]:
    """heads_of_many_weights."""
    for name, found in results["sets"].items():
        yield (
            f"{name}, static, {found['rows']:,} rows of {found['labels']} labels",
            f"{found['cpu_s']['fewer']:.0f} s; as before {times(found['as ever over fewer'])} that; accuracy {found['accuracy']['fewer']:.3f} and {found['accuracy']['as ever']:.3f}, n {found['n']:,}",
        )


def spanned(results: dict) -> Iterator[Line]:
    """heads_of_few_rows."""
    for name, found in results["sets"].items():
        least = f"{found['cpu_s']['all']:.2f} to {found['cpu_s']['span']:.2f} s; over all features {times(found['all over span'])} that"
        yield (
            f"{name}, {found['rows']} rows, {found['labels']} labels: learned",
            f"{least}; the same answer in {found['same answer']:.3f} of {found['n']}, chances at most {found['largest difference of a chance']:.0e} apart",
        )


def chosen(results: dict) -> Iterator[Line]:
    """auto_regret."""
    for size, found in results["rows_a_class"].items():
        of, aim = (f"{size} a class" if size != "0" else "all rows"), ("; aim 0.03" if size == "8" else "")
        seeds = f"{len(found['seeds'])} seeds, {results['budget_s']} s"
        yield f"{of}: the best single method by hindsight minus auto, mean over sets, {seeds}", f"{interval(found['mean_regret'])}; aim 0.01"
        yield f"{of}: auto minus the frozen encoder with logistic regression", f"{interval(found['mean_gain_over_logistic_regression'])}{aim}"
        if peer := found.get("mean_gain_over_setfit"):
            yield f"{of}: auto minus SetFit, {', '.join(peer['sets'])}", f"{interval(peer)}{aim}"
        for name, at in found["sets"].items():
            peer_at = f"; SetFit {at['SetFit']:.3f}" if "SetFit" in at else ""
            single = f"best single {at['best single']} {at[at['best single']]:.3f}"
            yield f"{of}: {name}", f"auto {at['auto']:.3f}; {single}; logistic regression {at['logistic regression']:.3f}{peer_at}"


PAGES: dict[str, tuple[str, Callable[[dict], Iterator[Line]]]] = {
    "learn_quality": ("Fine-tuning whole data sets", quality), "span_quality": ("Answers and entities", several),
    "language_quality": ("Texts, before and after LoRA", several), "customer_chat": ("A chat for customers", chat),
    "finetune_vs_trainer": ("Fine-tuning beside the transformers Trainer", trainer), "fewshot_vs_setfit": ("Few examples, beside SetFit", few),
    "prompt_search": ("Searching a prompt", searched), "pretrain_vs_trainer": ("Pre-training from scratch beside the transformers Trainer", bits),
    **dict.fromkeys(("domain_adaptation", "domain_adaptation_documents", "domain_adaptation_documents_zh"), ("Unlabelled text of the field first", adapted)),
    "long_rows": ("A step on long rows", long_rows), **dict.fromkeys(("lora_step", "lora_step_fp32"), ("A LoRA step beside peft", lora)), "packing": ("Rows of uneven length beside trl", packing),
    "generation": ("Writing behind a shared prefix, beside transformers' generate", generation), "single_calls": ("Calls one at a time", streams),
    "extract_validity": ("Objects that fit a schema", valid), "batch_classification": ("Answering many rows", peers), "server": ("Serving 32 clients", server),
    "startup": ("Start", start), "coverage": ("Intervals, tests and promises", coverage), "faithfulness": ("Explanations beside random words", faithful),
    "out_of_scope": ("Rows out of scope, clinc150", scope), "out_of_scope_probe": ("Rows out of scope, clinc150", scope), "toxicity": ("Toxic texts", toxic),
    "injection": ("Attacks on an instruction", attacks_on_instructions), "suggest": ("What to label next", suggested), "wrong_labels": ("Wrong labels", cleaned),
    "wrong_labels_several": ("Wrong labels of rows with several", several_cleaned),
    **dict.fromkeys(("learning_curve", "learning_curve_more"), ("What more labels would give", foretold)), "auto_regret": ("What auto chooses", chosen),
    **dict.fromkeys(("few_rows", "few_rows_32"), ("Fine-tuning from few rows", few_rows)),
    "heads_of_few_rows": ("A head of more features than rows, in the span of the rows", spanned),
    "heads_of_many_weights": ("A head of more than a million weights", many_weights),
    "few_rows_kinds": ("Fine-tuning from few rows: several labels, numbers", few_rows_kinds),
    "probe_layers": ("Two layers under a probe", layered),
    **dict.fromkeys(("switches", "switches_contrastive", "switches_32"), ("Switches, on and off", switched)), "switch_cost": ("What a step costs with a switch", dearer),
    **dict.fromkeys(("adversarial_robustness", "adversarial_robustness_sst2"), ("Adversarial training", sturdier)),
    "self_training": ("Learning from unlabelled rows", taught_by_itself), "transfer": ("A rich task first", carried_over), **dict.fromkeys(("continual", "continual_seeds"), ("Task after task", learned_on)),
    "answer_pieces": ("Chinese words in answering", pieces), "calibration": ("Calibration", scaled), "calibration_zh": ("Calibration", scaled),
    **dict.fromkeys(("foreseen_temperature", "foreseen_temperature_pairs"), ("Confidences of contrastive and fine-tuned functions, foreseen", foreseen)),
    **dict.fromkeys(("self_train_confidence", "self_train_confidence_contrastive"), ("Confidences of self_train: the first teacher, as they are and scaled", scaled)),
    **dict.fromkeys(("auto_confidence", "auto_confidence_300"), ("Confidences of auto, as they are and scaled", scaled)),
    "robustness": ("One function elsewhere", elsewhere), "attacks": ("Attacks", turned), "attacks_zh": ("Attacks", turned),
    **dict.fromkeys(("planted_bias", "planted_bias_zh", "planted_bias_zh_probe"), ("Planted biases", planted)), "static_case": ("Capitals under static", capitals), "model_bias": ("Stereotypes of language models", biased),
}  # fmt: skip


def main() -> None:
    """Write the page."""
    page = [HEAD]
    for name, (title, lines) in PAGES.items():
        file = RESULTS / f"{name}.json"
        if not file.is_file():
            continue
        results = json.loads(file.read_text(encoding="utf-8"))
        words = name.split("_")
        script = next(part for part in ("_".join(words[:n]) for n in range(len(words), 0, -1)) if Path(__file__).with_name(f"{part}.py").is_file())
        page += [
            f"\n## {title}\n",
            f"`{script}.py`, commit {results['commit'][:9]}, {results.get('date', '')[:10]}, {'; '.join(results.get('cells_made_on') or [results.get('machine', '')])}\n",
            "| measured | came to |",
            "| --- | --- |",
        ]
        page += [f"| {what.replace('|', '/')} | {came} |" for what, came in lines(results)]
    out = Path(__file__).with_name("RESULTS.md")
    out.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(f"wrote {out.name}: {sum(line.startswith('| ') for line in page)} lines")


if __name__ == "__main__":
    main()
