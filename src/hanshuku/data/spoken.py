"""Which language texts are written in: by their script, and for those in Latin letters by short common words and letters of their own.

Small and deterministic; no model. `data.language` tells English and Chinese from all others, which most of the library needs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from hanshuku.data.language import HAN, HANGUL, KANA, LATIN, LETTER, SAMPLE, WORD

LEAST = 0.3  # signs a text, below which nothing is said: it may be a language that is not known here
SURE = 1.2  # times as many signs of the best as of the next, below which nothing is said
SCRIPTS = {  # letters -> language; where several use them, letters of one alone decide
    "ko": HANGUL, "el": re.compile(r"[\u0370-\u03ff]"), "he": re.compile(r"[\u0590-\u05ff]"), "th": re.compile(r"[\u0e00-\u0e7f]"), "hi": re.compile(r"[\u0900-\u097f]"),
    "ar": re.compile(r"[\u0600-\u06ff]"), "ru": re.compile(r"[\u0400-\u04ff]"),
}  # fmt: skip
OWN = {"ar": (("fa", "پچژگ"),), "ru": (("uk", "іїєґ"), ("bg", ""))}  # a language that shares the script, and its letters
WORDS = {
    "en": "the of and to in is that for you was with as are be this have not but from they we he his what your if there would which their been were who it on at she her",
    "de": "der die und das ist nicht ich ein eine mit zu den von auf für sich dem es im sie er wir dass auch wie bei oder nach wird einen einem einer sind aus hat war",
    "fr": "le la les et des est pas que un une du je en pour dans qui ce il sur elle nous vous avec ne se au par plus sont cette mais ou son sa aux deux",
    "es": "el la los las de y que en un una por con para es se lo como más pero su al del no está son muy este esta hay ha porque también dos sus",
    "it": "il lo la gli le di e che un una per con non è sono della del nel in si da più anche ma questo questa come alla ha al dei delle su uno due",
    "pt": "o a os as de e que um uma por com para não é em do da dos das no na se mais como mas seu sua ele ela está são muito ao foi dois",
    "nl": "de het een van en ik niet dat in is op te zijn met voor er aan hij ze maar om bij ook naar wordt wat deze dit door over heeft was twee",
    "pl": "i w nie się na jest że z do to jak o ale po co tak za od przez dla czy już jego jej są był tylko ten oraz przy dwa która który",
    "cs": "a v se na je že s z do to jak o ale po co tak za od pro jsem jsou byl jeho její také nebo který která při ve už jen dva není",
    "tr": "ve bir bu için ile de da çok ne ama gibi daha olarak var olan o ben sen mi kadar sonra her değil yok iki bana beni şey nasıl",
    "vi": "là và của có không được cho một những với trong người tôi này đã các khi đến để về như bạn ở anh nó cũng rất hai gì đang",
    "sv": "och att det som en på är av för med inte jag den till han var ett om har de vi kan hon från men sig så när två över sin",
    "da": "og at det som en på er af for med ikke jeg den til han var et om har de vi kan hun fra men sig så når to over hvad blev",
    "no": "og at det som en på er av for med ikke jeg den til han var et om har de vi kan hun fra men seg så når to over hva ble",
    "fi": "ja on ei se että en oli hän joka mutta niin kuin minä sinä ovat tämä hänen kun mitä myös vain olen kaksi siitä olla tai",
    "ro": "și de la în nu că o un cu pe este pentru din care mai ce să sunt a fost dar sau lui ei ca doi după acest prin foarte",
    "hu": "a az és nem hogy is egy van ez azt csak meg mint de volt ki már még vagy én te két ami lesz nagyon itt ha kell",
    "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada saya ke bisa ada dia kami mereka juga adalah sudah kamu seorang dua orang",
}  # fmt: skip
LETTERS = {
    "de": "äöüß", "fr": "éèêàâçôîûœëï", "es": "áéíóúñ¿¡", "it": "àèìòùé", "pt": "ãõçáéíóúâêô", "nl": "ëï", "pl": "ąćęłńóśźż", "cs": "áčďéěíňřšťúůýž", "tr": "çğışöüı",
    "vi": "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", "sv": "åäö", "da": "æøå", "no": "æøå", "fi": "äö", "ro": "ăâîșțşţ", "hu": "áéíóöőúüű",
}  # fmt: skip


def _weights(signs: dict[str, Iterable[str]]) -> dict[str, dict[str, float]]:
    """Sign -> what it says for each language that has it: the fewer have it, the more."""
    owners: dict[str, list[str]] = {}
    for code, each in signs.items():
        for sign in set(each):
            owners.setdefault(sign, []).append(code)
    return {sign: dict.fromkeys(codes, 1 / len(codes)) for sign, codes in owners.items()}


WORD_WEIGHTS = _weights({code: words.split() for code, words in WORDS.items()})
LETTER_WEIGHTS = _weights({code: set(letters) for code, letters in LETTERS.items()})


def spoken_in(texts: Iterable[str]) -> str:
    """Code of the language that most of these texts are written in; "" where nothing tells, or two languages are told about as much.

    Args:
        texts: the beginning of each is read; each counts by what it shows.
    """
    found, read = defaultdict[str, float](float), 0
    for text in texts:
        signs = signs_of(text[:SAMPLE])
        read += bool(signs)
        for code, worth in signs.items():
            found[code] += worth
    best = sorted(found.items(), key=lambda pair: -pair[1])[:2]
    if not best or best[0][1] < LEAST * read or (len(best) > 1 and best[0][1] < SURE * best[1][1]):
        return ""
    return best[0][0]


def signs_of(text: str) -> dict[str, float]:
    """What one text shows of each language: about the number of its words that tell."""
    letters = len(LETTER.findall(text)) if not text.isascii() else 1
    han, kana = (0, 0) if text.isascii() else (len(HAN.findall(text)), len(KANA.findall(text)))
    if not letters:
        return {}
    if 2 * (han + kana) > letters - len(LATIN.findall(text)) and han + kana:
        return {"ja" if 10 * kana > han + kana else "zh": (han + kana) / 2}
    for code, script in SCRIPTS.items() if not text.isascii() else ():
        count = len(script.findall(text))
        if 2 * count > letters:
            return {_owner(code, text.casefold()): count / 5}
    return _latin(text.casefold())


def _owner(script: str, text: str) -> str:
    """The language of a script that several share."""
    for code, own in OWN.get(script, ()):
        if any(letter in text for letter in own):
            return code
    return "bg" if script == "ru" and "ъ" in text and not any(letter in text for letter in "ыэё") else script


def _latin(text: str) -> dict[str, float]:
    found = defaultdict[str, float](float)
    for word in WORD.findall(text):
        for code, worth in WORD_WEIGHTS.get(word, {}).items():
            found[code] += worth
    for letter in "" if text.isascii() else text:
        for code, worth in LETTER_WEIGHTS.get(letter, {}).items():
            found[code] += worth
    return found
