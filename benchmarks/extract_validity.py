"""Objects read out of texts: how many parse and fit their schema, with decoding kept to the schema and without.

    python benchmarks/extract_validity.py [--rows 200] [--new 96] [--models random,smollm2] [--free 40]

Customer messages in English and hotel reviews in Chinese, four schemas in turn (nested, lists, enums, dates, ranges, optional parts), greedy and
drawn at temperature 1. `random` is a network of two layers that has learned nothing, with the tokenizer of smollm2. Judged by jsonschema
with its format checker, which shares no code with the decoder. `--free` rows are also asked without the schema in the decoder, as a measure of what
it adds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from common import ROOT, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

import torch
from jsonschema import Draft202012Validator

from hanshuku.inference.extraction import ExtractionPredictor
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.metrics.intervals import wilson
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

TEXT = {"type": "string", "maxLength": 80}
SCHEMAS = {
    "flat": {"type": "object", "required": ["topic", "urgent", "stars"], "properties": {
        "topic": {"enum": ["order", "payment", "delivery", "account", "other"]}, "urgent": {"type": "boolean"}, "stars": {"type": "integer", "minimum": 1, "maximum": 5}}},
    "nested": {"type": "object", "required": ["customer", "wishes"], "$defs": {"wish": {"type": "object", "required": ["what"], "properties": {
        "what": TEXT, "amount": {"type": "number", "minimum": 0, "exclusiveMaximum": 10000}, "by": {"type": "string", "format": "date"}}}}, "properties": {
        "customer": {"type": "object", "required": ["name"], "properties": {"name": {"anyOf": [TEXT, {"type": "null"}]}, "vip": {"type": "boolean"}}},
        "wishes": {"type": "array", "items": {"$ref": "#/$defs/wish"}, "minItems": 1, "maxItems": 4}}},
    "mood": {"type": "object", "required": ["情绪", "分数", "方面"], "properties": {
        "情绪": {"enum": ["好", "坏", "一般"]}, "分数": {"type": "number", "minimum": 0, "maximum": 10}, "方面": {"type": "array", "items": {"enum": ["房间", "服务", "位置", "价格"]}, "uniqueItems": True}}},
    "ticket": {"type": "object", "required": ["id", "opened", "note"], "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, "opened": {"type": "string", "format": "date-time"}, "note": TEXT}},
}  # fmt: skip


def texts(n: int) -> list[str]:
    """Messages in English and reviews in Chinese, in turn."""
    english = [row["text"] for row in rows_of("bitext_customer_service", "test", n)]
    chinese = [row["text"][:200] for row in rows_of("chnsenticorp_hotel", "test", n)]
    return [text for pair in zip(english, chinese, strict=False) for text in pair][:n]


def random_model(folder: Path, like: str) -> Loaded:
    """A network that has learned nothing, with the tokenizer of a real one."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = load_generator(like, "fp32").tokenizer
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=4096,
        initializer_range=0.2, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load_generator(str(folder), "fp32")


def is_valid(schema: dict, text: str) -> bool:
    """Whether a text is JSON that fits."""
    try:
        return not list(Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(json.loads(text)))
    except ValueError:
        return False


def measure(loaded: Loaded, rows: list[str], settings: GenerationSettings, *, kept: bool) -> dict:
    """Share of valid objects over all schemas, with Wilson's interval, and what it took."""
    valid = closed = 0
    by_schema, start = {}, time.perf_counter()
    for place, (name, schema) in enumerate(SCHEMAS.items()):
        part = [(text,) for text in rows[place :: len(SCHEMAS)]]
        task = Task("extract", schema=json.dumps(schema, ensure_ascii=False))
        predictor = (ExtractionPredictor if kept else GenerationPredictor)(task, loaded, settings)
        good = sum(is_valid(schema, text) for text, _ in predictor.outputs(part))
        by_schema[name] = f"{good} of {len(part)}"
        valid, closed = valid + good, closed + predictor.unended
    low, high = wilson(valid, len(rows))
    seconds = time.perf_counter() - start
    return {"valid": valid, "n": len(rows), "share": round(valid / len(rows), 4), "low": round(low, 4), "high": round(high, 4), "by_schema": by_schema,
            "ended_by_the_limit": closed, "rows_per_s": round(len(rows) / seconds, 3)}  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--new", type=int, default=96, help="most new tokens of an object")
    parser.add_argument("--models", default="random,smollm2")
    parser.add_argument("--free", type=int, default=40, help="rows that are asked without the schema in the decoder too")
    options = parser.parse_args()
    rows, results = texts(options.rows), {}
    settings = GenerationSettings(max_new_tokens=options.new, seed=0)
    with TemporaryDirectory() as folder:
        for name in options.models.split(","):
            loaded = random_model(Path(folder), "smollm2") if name == "random" else load_generator(name, "fp32")
            found = {"greedy": measure(loaded, rows, settings, kept=True), "drawn": measure(loaded, rows, replace(settings, temperature=1.0), kept=True)}
            if options.free:
                found["greedy, not kept to the schema"] = measure(loaded, rows[: options.free], settings, kept=False)
            results[name] = found
            print(name, json.dumps(found, ensure_ascii=False), file=sys.stderr, flush=True)
    record("extract_validity", {"new_tokens": options.new, "seed": 0, "models": results})


if __name__ == "__main__":
    main()
