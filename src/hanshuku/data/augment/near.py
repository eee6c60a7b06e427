"""near_words: words that can stand for another one, by an encoder's own word vectors and by what it makes of each word alone.

Both must agree, each word must be among the other's nearest, of the same form ("-ed", "-s"; in Chinese the same part of speech),
of another stem, neither its opposite nor the next of a row, and not praise where the other blames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from hanshuku.data.augment.opposites import is_row, opposed
from hanshuku.data.augment.polar import axis, seeds
from hanshuku.data.augment.senses import same_sense
from hanshuku.data.augment.words import segmenter
from hanshuku.errors import MissingExtra
from hanshuku.metrics.porter import porter_stem

MODELS = {"en": "minilm", "zh": "e5-multilingual"}
LISTED = 12  # nearest by word vectors that are looked at
BATCH = 64  # words that the encoder reads at once
SAMPLE = 256  # words by which the mean of the encoder's vectors is estimated
APART = 0.7  # difference of praise, -1..1 and beyond, from which two words are not put for each other
LEAST = {"same": 0.42, "noun": 0.58, "other": 0.5}  # similarity: Chinese with a character in common, nouns, and the rest
LEAST_EN = 0.48
NEAR_ENOUGH = 0.4  # similarity of a word that the sentence around it may still choose
STRETCH = {"en": 1.0, "zh": 14.0}  # by which a sentence's distance grows: with any word for another e5 still says 0.97, so that no bound would refuse anything
EACH = 0.25  # similarity that is due by each of the two measures
PARTS = {"n": "n", "v": "v", "a": "a", "d": "a", "z": "a", "b": "a"}  # Chinese parts of speech that may change, as jieba names them; adverbs go with adjectives
NEGATES = frozenset("不没未无")  # a Chinese word that has one of them is not put for one that has none
NAMES = ("nr", "ns", "nt", "nz")
TAGS = {"美丽": "a", "安静": "a", "十分": "d", "好看": "a", "快速": "a", "便捷": "a", "干净": "a", "清洁": "a", "漂亮": "a", "方便": "a", "便利": "a", "平静": "a", "宁静": "a", "非常": "d", "比较": "d", "相当": "d", "极其": "d", "极为": "d", "格外": "d", "特别": "d", "或许": "d", "可能": "d", "也许": "d", "实用": "a", "划算": "a", "实惠": "a"}  # where jieba's dictionary has a rarer one
PAST = frozenset(
    ["was", "were", "had", "did", "got", "went", "came", "took", "saw", "knew", "gave", "found", "thought", "told", "became", "left", "felt", "brought", "began", "kept", "held", "wrote", "stood", "heard", "meant", "met", "ran", "paid", "sat", "spoke", "lay", "led", "grew", "lost", "fell", "sent", "built", "understood", "drew", "broke", "spent", "rose", "drove", "bought", "wore", "chose", "sought", "won", "threw", "caught", "taught", "fought", "shook", "sold", "flew", "slept", "made", "said", "stole", "forgot", "sang", "swam", "drank", "ate", "hid", "rode", "bit", "blew", "froze", "bent", "dealt", "fled", "dug", "hung", "shot", "struck", "stuck", "swept", "swore", "tore", "woke", "been", "done", "gone", "taken", "seen", "known", "given", "written", "broken", "driven", "chosen", "spoken", "stolen", "forgotten", "eaten", "drunk", "fallen", "grown", "hidden", "thrown", "worn", "frozen", "shown"]
)
LEFT = frozenset(
    ["the", "and", "for", "with", "from", "that", "this", "these", "those", "they", "them", "their", "you", "your", "his", "her", "hers", "him", "she", "its", "our", "ours", "who", "whom", "whose", "which", "what", "when", "where", "why", "how", "are", "was", "were", "been", "being", "have", "has", "had", "does", "did", "done", "doing", "can", "could", "will", "would", "shall", "should", "may", "might", "must", "here", "there", "into", "onto", "over", "under", "about", "above", "below", "after", "before", "between", "through", "during", "against", "among", "upon", "off", "out", "down", "back", "away", "again", "once", "because", "while", "until", "since", "whether", "either", "both", "each", "every", "any", "some", "such", "same", "other", "another", "own", "all", "very", "just", "also", "even", "still", "yet", "then", "thus", "therefore", "ever", "anyone", "someone", "everyone", "something", "anything", "everything", "myself", "yourself", "himself", "herself", "itself", "ourselves", "themselves", "let", "via", "per", "amp", "dont", "cant", "using", "having", "one", "ones", "get", "gets", "got", "going", "well", "much", "more", "most", "less", "many", "few", "way", "ways", "thing", "things", "goin", "gonna", "wanna", "gotta", "kinda", "lot", "lots", "bit", "now", "too", "only", "com", "www", "http", "https", "org", "net"]
)

COMMON = {
    "n": "strength length truth youth vicinity life death belief choice speech loss proof gift birth growth health wealth depth warmth optimism cinema employment kid kids child children homicide infancy crime job film movie story tale plot scene actor director music money price fee cost bank card problem issue trouble idea people audience mind heart world country nation place city house home family friend reason cause result fact case kind type part piece point end side time day money value sense word question energy fuel love joy pain fear anger pride hope doubt humor comedy drama romance fun joke laughter photography linguistics electricity size order package shop store purchase statement photograph",
    "v": "speak talk live survive exist see view watch look engage interact bring take make create fit suit accommodate leave stay send receive need want ask tell say know think feel become seem appear happen begin start stop keep hold let help try use find give show lose win pay buy sell write read hear understand explain verify activate relegate generate induce please satisfy reach allow refuse accept believe remember forget choose pick decide change",
    "a": "strong young old near far different various hopeful alive romantic sensual funny hilarious sad happy glad good bad great small big large little long short high low new fresh early late hard easy simple clear dark bright deep rich poor smart dumb dull silly stupid weird odd strange wrong right true false real whole full empty free busy sure able free safe clean dirty quick slow fast warm cold hot cool calm quiet loud sharp soft smooth rough sweet bitter brave shy proud humble directorial youthful middle mid",
}  # fmt: skip
ENDINGS = {
    "n": ("tion", "sion", "ment", "ness", "ity", "ism", "hood", "ship", "ence", "ance", "ology", "ography", "maker", "setup"),
    "a": ("ful", "ous", "ive", "able", "ible", "less", "ical", "ial", "onal", "ish"),
    "v": ("ize", "ise", "ify"),
}
_KINDS = {word: kind for kind, words in COMMON.items() for word in words.split()}
_UNLIKE = ({"n", "v"}, {"n", "a"}, {"v", "a"})


@dataclass
class WordSpace:
    """The whole words of an encoder's vocabulary.

    Attributes:
        language: "en" or "zh".
        loaded: models.load.Loaded.
        words: V words.
        vectors: (V, D) float32 of length 1, the encoder's word vectors less their mean.
    """

    language: str
    loaded: Any
    words: list[str]
    vectors: np.ndarray
    _near: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _loose: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = {word: i for i, word in enumerate(self.words)}
        self._mean = np.zeros(self.vectors.shape[1], dtype=np.float32)
        step = max(1, len(self.words) // SAMPLE)
        self._mean = self._encode(self.words[::step][:SAMPLE]).mean(axis=0)
        good, bad = seeds(self.language)
        self._axis, self._offset = axis(self.alone(good), self.alone(bad))

    def near(self, word: str) -> tuple[str, ...]:
        """Words that can stand for this one whatever is around it, the likest first; none for one that the encoder does not know whole."""
        if word not in self._near:
            self._near[word] = self._find(word, strict=True)
        return self._near[word]

    def loose(self, word: str) -> tuple[str, ...]:
        """Words that may stand for this one in some sentence: in Chinese those of one sense first, then the likest first."""
        if word not in self._loose:
            self._loose[word] = tuple(dict.fromkeys([*self._senses(word), *self._find(word, strict=False)]))
        return self._loose[word]

    def may_have(self, word: str) -> bool:
        """Whether it is worth asking `loose`: not of words that are closed, or that neither the vocabulary nor the lists have."""
        return bool(self._senses(word)) or (word in self.place and is_open(word, self.language))

    def _senses(self, word: str) -> tuple[str, ...]:
        return same_sense(word) if self.language == "zh" else ()

    def kin(self, word: str, others: Sequence[str]) -> tuple[str, ...]:
        """Those of `others` that the encoder puts near enough to a word, known to it whole or not, and that praise or blame as it does; in their order."""
        if not others:
            return ()
        alone = self.alone([word, *others])
        praise = alone @ self._axis + self._offset
        return tuple(other for i, other in enumerate(others, 1) if alone[i] @ alone[0] >= EACH and abs(praise[i] - praise[0]) < APART)

    def alone(self, words: Sequence[str]) -> np.ndarray:
        """(N, D) float32 of length 1: what the encoder makes of each word alone, less the mean."""
        found = self._encode(words) - self._mean
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)

    def _nearest(self, word: str) -> list[str]:
        scores = self.vectors @ self.vectors[self.place[word]]
        return [self.words[i] for i in np.argsort(-scores, kind="stable")[1 : LISTED + 1]]

    def _find(self, word: str, *, strict: bool) -> tuple[str, ...]:
        """Strict: of the words near by both measures, mutual ones; else all that come near enough for a sentence to choose among."""
        if word not in self.place or not is_open(word, self.language):
            return ()
        listed = [other for other in self._nearest(word) if fits(word, other, self.language, self.place)]
        found = [other for other in listed if word in self._nearest(other)] if strict else listed
        if not found:
            return ()
        alone = self.alone([word, *found])  # always these together, so that no other word of the text has a say
        inner = self.vectors[[self.place[other] for other in found]] @ self.vectors[self.place[word]]
        outer = alone[1:] @ alone[0]
        scores = np.where(np.minimum(inner, outer) >= EACH, (inner + outer) / 2, 0)
        praise = alone @ self._axis + self._offset  # about 1 where a word praises, -1 where it blames, 0 else
        due = [least(word, other, self.language) if strict else NEAR_ENOUGH for other in found]
        good = [i for i in range(len(found)) if scores[i] >= due[i] and abs(praise[i + 1] - praise[0]) < APART]
        return tuple(found[i] for i in sorted(good, key=lambda i: -scores[i]))

    def likeness(self, text: str, others: Sequence[str]) -> np.ndarray:
        """(N,) how like each other sentence is to this one, 1 at most: the cosine of the encoder's vectors, stretched where the encoder calls all sentences alike."""
        found = self._encode([text, *others])
        vectors = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return np.asarray(1 - STRETCH[self.language] * (1 - vectors[1:] @ vectors[0]))

    def _encode(self, words: Sequence[str]) -> np.ndarray:
        """(N, D) float32: the mean of the last hidden states over the word's tokens and the marks around them."""
        import torch

        from hanshuku.models.device import on_device

        found, network = [], on_device(self.loaded.network)
        with torch.inference_mode():
            for start in range(0, len(words), BATCH):
                texts = [self.loaded.info.prefix + word for word in words[start : start + BATCH]]
                tokens = self.loaded.tokenizer(texts, padding=True, return_tensors="pt").to(network.device)
                weights = tokens["attention_mask"][..., None].float()
                found.append((network(**tokens).last_hidden_state * weights).sum(dim=1) / weights.sum(dim=1))
        return torch.cat(found).float().cpu().numpy()


@cache
def word_space(language: str) -> WordSpace:
    """The word space for "en" (minilm) or "zh" (e5-multilingual); pulled at first use.

    Raises:
        MissingExtra: torch or transformers, or for Chinese rjieba, is not installed.
        ModelError: the model cannot be had.
    """
    from hanshuku.models.load import load_encoder

    loaded = load_encoder(MODELS[language])
    tokens = {token.strip("▁"): place for token, place in sorted(loaded.tokenizer.get_vocab().items(), key=lambda item: -item[1])}
    legal = re.compile("[a-z]{3,}" if language == "en" else "[\u4e00-\u9fff]{2,4}")
    words = sorted(word for word in tokens if legal.fullmatch(word) and (language == "en" or segmenter().has_word(word)))
    vectors = loaded.network.get_input_embeddings().weight.detach().float().cpu().numpy()[[tokens[word] for word in words]]
    vectors = vectors - vectors.mean(axis=0)
    return WordSpace(language, loaded, words, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def check() -> None:
    """Raises MissingExtra where torch or transformers is not installed."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Near words") from error


def is_open(word: str, language: str) -> bool:
    """Whether a word may be replaced at all: no function word, none of a row such as the weekdays, in Chinese no name, number or pronoun."""
    if is_row(word):
        return False
    if language == "en":
        return word not in LEFT
    return part_of(word) != ""


@cache
def part_of(word: str) -> str:
    """The part of speech of a Chinese word alone: "n", "v", "a", or "" where it is a name, a number, a pronoun or no one word."""
    found = segmenter().tag(word)
    tag = TAGS.get(word) or (str(found[0][1]) if len(found) == 1 else "")
    return "" if tag in NAMES else PARTS.get(tag[:1], "")


def fits(word: str, other: str, language: str, known: Any) -> bool:
    """Whether another word could stand there by its form, whatever it means."""
    if not is_open(other, language) or opposed(word, other):
        return False
    if language == "en":
        if {kind_of(word), kind_of(other)} in _UNLIKE or same_stem(word, other):
            return False
        return form_of(word, known) == form_of(other, known) and not opposed(porter_stem(word), porter_stem(other))
    return word not in other and other not in word and part_of(word) == part_of(other) and not NEGATES & set(other) - set(word)


def least(word: str, other: str, language: str) -> float:
    """The similarity that is due."""
    if language == "en":
        return LEAST_EN
    return LEAST["same" if set(word) & set(other) else "noun" if part_of(word) == "n" else "other"]


def kind_of(word: str) -> str:
    """Noun "n", verb "v" or adjective "a", where the list or the word's ending tells it; else ""."""
    if word in _KINDS:
        return _KINDS[word]
    return next((kind for kind, endings in ENDINGS.items() if len(word) > 5 and word.endswith(endings)), "")


def same_stem(one: str, other: str) -> bool:
    """Whether two words are forms of one, or one denies the other: charge and charged, happy and unhappy."""
    bare = [re.sub(r"^(un|in|im|ir|dis|non|re)(?=[a-z]{4})", "", word) for word in (one, other)]
    a, b = porter_stem(bare[0]), porter_stem(bare[1])
    shared = next((i for i, (x, y) in enumerate(zip(bare[0], bare[1], strict=False)) if x != y), min(map(len, bare)))
    return a == b or shared >= max(4, 0.6 * min(map(len, bare)))


def form_of(word: str, known: Any) -> str:
    """The ending that tells a word's form, where the word without it is known too; irregular pasts count as "ed"."""
    if word in PAST:
        return "ed"
    for ending in ("ing", "ed", "ly", "est", "er", "ness", "s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and not word.endswith(("ss", "us", "is")):
            forms = (stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem, stem[:-1] + "y", stem.removesuffix("e"))
            if any(form in known for form in forms):
                return ending
    return ""
