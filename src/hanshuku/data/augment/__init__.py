"""augment: new rows from labelled ones, made so that the label still holds. To add a way: one file, one line in AUGMENTERS."""

from hanshuku.data.augment import (
    casing,
    contractions,
    eda,
    homophones,
    lookalikes,
    near,
    noise,
    ocr,
    punctuation,
    script,
    synonyms,
    typos,
    width,
    words,
)
from hanshuku.data.augment.base import Augmenter

__all__ = ["AUGMENTERS"]

AUGMENTERS: dict[str, Augmenter] = {
    "synonyms": Augmenter("words become near ones", synonyms.synonyms, words.count_words, check=near.check),
    "masked": Augmenter("words become those that change the sentence least", synonyms.masked, words.count_words, check=near.check),
    "insert": Augmenter("words have a near one beside them", synonyms.insert, words.count_words, check=near.check),
    "swap": Augmenter("two neighbouring words change places", eda.swap, words.count_words),
    "delete": Augmenter("words are left out", eda.delete, words.count_words),
    "typos": Augmenter("slips of the finger: neighbours on the keyboard, letters turned round, doubled, missed", typos.typos, typos.count_long_words, inside=True),
    "noise": Augmenter("characters missed, doubled, turned round, marks beside them", noise.noise, noise.count_letters, share=0.05, inside=True),
    "casing": Augmenter("all words small, LARGE, or Titled", casing.casing, casing.count_latin, share=1.0, inside=True),
    "punctuation": Augmenter("marks left out, set behind the last word, set three times, with or without the blank before them", punctuation.punctuation, punctuation.count_marks, share=1.0),
    "contractions": Augmenter("English do not as don't, or the other way round", contractions.contractions, contractions.count_forms, share=1.0),
    "ocr": Augmenter("what optical reading takes for one another: letters and figures, Chinese characters, halves of them, blanks", ocr.ocr, noise.count_letters, share=0.05, inside=True),
    "homophones": Augmenter("Chinese characters of the same sound", homophones.homophones, homophones.count_han, inside=True, check=homophones.check),
    "lookalikes": Augmenter("Chinese characters that look the same", lookalikes.lookalikes, homophones.count_han, inside=True),
    "script": Augmenter("simplified Chinese as traditional, or the other way round", script.script, homophones.count_han, share=1.0, inside=True, check=script.check),
    "width": Augmenter("full-width letters, digits or marks beside Chinese as half-width, or the other way round", width.width, len, share=1.0, inside=True),
}  # fmt: skip
