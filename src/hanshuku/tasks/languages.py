"""Languages by code: what they are called in English, in Chinese and by themselves, and the codes that files use for them."""

from __future__ import annotations

import re
import unicodedata

# code of two letters (ISO 639-1) -> English name, Chinese name, other codes and names, in lower case
_TABLE: dict[str, tuple[str, str, str]] = {
    "en": ("English", "英文", "eng 英语"), "zh": ("Chinese", "中文", "zho chi cmn mandarin 汉语 汉文 中国语 简体中文 繁体中文"),
    "de": ("German", "德文", "deu ger deutsch 德语"), "fr": ("French", "法文", "fra fre français francais 法语"),
    "es": ("Spanish", "西班牙文", "spa español espanol castellano 西班牙语 西语"), "it": ("Italian", "意大利文", "ita italiano 意大利语"),
    "pt": ("Portuguese", "葡萄牙文", "por português portugues 葡萄牙语 葡语"), "nl": ("Dutch", "荷兰文", "nld dut nederlands 荷兰语"),
    "ru": ("Russian", "俄文", "rus русский 俄语"), "ja": ("Japanese", "日文", "jpn jp 日本語 日语"), "ko": ("Korean", "韩文", "kor kr 한국어 韩语 朝鲜语"),
    "ar": ("Arabic", "阿拉伯文", "ara 阿拉伯语"), "pl": ("Polish", "波兰文", "pol polski 波兰语"), "cs": ("Czech", "捷克文", "ces cze čeština 捷克语"),
    "tr": ("Turkish", "土耳其文", "tur türkçe 土耳其语"), "vi": ("Vietnamese", "越南文", "vie 越南语"), "uk": ("Ukrainian", "乌克兰文", "ukr українська 乌克兰语"),
    "sv": ("Swedish", "瑞典文", "swe svenska 瑞典语"), "da": ("Danish", "丹麦文", "dan dansk 丹麦语"), "no": ("Norwegian", "挪威文", "nor nob nb norsk 挪威语"),
    "fi": ("Finnish", "芬兰文", "fin suomi 芬兰语"), "ro": ("Romanian", "罗马尼亚文", "ron rum română 罗马尼亚语"), "hu": ("Hungarian", "匈牙利文", "hun magyar 匈牙利语"),
    "el": ("Greek", "希腊文", "ell gre ελληνικά 希腊语"), "he": ("Hebrew", "希伯来文", "heb iw 希伯来语"), "hi": ("Hindi", "印地文", "hin 印地语"),
    "th": ("Thai", "泰文", "tha 泰语"), "id": ("Indonesian", "印尼文", "ind 印度尼西亚语 印尼语"), "fa": ("Persian", "波斯文", "fas per farsi 波斯语"),
    "bg": ("Bulgarian", "保加利亚文", "bul 保加利亚语"),
}  # fmt: skip
LANGUAGES = {code: english for code, (english, _, _) in _TABLE.items()}
LANGUAGES_ZH = {code: chinese for code, (_, chinese, _) in _TABLE.items()}
_CODES = {word: code for code, (english, chinese, others) in _TABLE.items() for word in (code, english.casefold(), chinese, *others.split())}
_REGION = re.compile(r"[_-](?:[a-z]{2}|hans|hant|[a-z]{4}|latn)$")  # zh-CN, zh_hans, pt-BR, eng_latn


def language_called(name: str) -> str:
    """The code of the language that this is a code or a name of, with a region or script or without; "" where it is none."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return _CODES.get(plain) or (_CODES.get(_REGION.sub("", plain), "") if _REGION.search(plain) else "")
