"""Patterns of personal data in letters: e-mail addresses, secrets, accounts of networks."""

from __future__ import annotations

import re

from hanshuku.safety.folded import near
from hanshuku.safety.pattern import Pattern

_A = "A-Za-z0-9\u00c0-\u024f"  # letters of addresses, those of the newer ones too (RFC 6531)
_HOST = rf"(?:[{_A}](?:[{_A}-]{{0,62}}[{_A}])?\.){{1,5}}(?:[A-Za-z]{{2,24}}|xn--[a-z0-9-]{{2,40}})"
_AT, _DOT = r"\s?[\[({<]\s?at\s?[\])}>]\s?|\s(?:AT|at)\s", r"\s?[\[({<]\s?dot\s?[\])}>]\s?|\s(?:DOT|dot)\s"


def _has_symbol(text: str) -> bool:
    """Whether a word looks like a secret: digits or signs in it, and not only a date's or a version's."""
    return bool(re.search(r"[0-9!@#$%^&*_+=~]", text))


def _is_spelt(text: str) -> bool:
    """Whether both marks are spelt, or the "at" stands in brackets: "meet at noon.today" is no address."""
    return bool(re.search(r"[\[({<]\s?at|\sAT\s", text) or re.search(r"\bdot\b", text, re.IGNORECASE))


EMAILS = (
    Pattern("email", re.compile(rf"(?<![{_A}._%+'-])[{_A}][{_A}._%+'-]{{0,63}}@{_HOST}(?![{_A}-])"), rank=8),
    Pattern("email", re.compile(rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}(?:{_AT})(?:[A-Za-z0-9-]{{1,40}}(?:{_DOT}|\.)){{1,3}}[A-Za-z]{{2,12}}(?![A-Za-z0-9-])"), rank=7,
            check=_is_spelt, whole=True),
)  # fmt: skip

SECRETS = (
    Pattern("secret", re.compile(r"(?<=://)[^\s/@:]{1,64}:[^\s/@]{1,128}(?=@)"), rank=9),
    Pattern("secret", re.compile(r"(?<![A-Za-z0-9_-])(?:sk-(?:[a-z]{2,8}-)?[A-Za-z0-9_-]{16,200}|sk_(?:live|test)_[A-Za-z0-9]{16,120}|gh[opsur]_[A-Za-z0-9]{30,120}|github_pat_[A-Za-z0-9_]{30,120}|glpat-[A-Za-z0-9_-]{16,64}"
            r"|xox[abeprs]-[A-Za-z0-9-]{10,120}|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|hf_[A-Za-z0-9]{24,64}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,220}|LTAI[A-Za-z0-9]{12,24}|ya29\.[A-Za-z0-9_-]{20,200}|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})(?![A-Za-z0-9])"), rank=9),
    Pattern("secret", re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}"), rank=9),
    Pattern("secret", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,8000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"), rank=9),
    Pattern("secret", re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{16,2000}={0,2}"), rank=8),
    Pattern("secret", re.compile(
        r"(?:pass(?:word|wd|code|phrase)|\bpwd\b|\bpin\b|secret(?:[ _-]?key)?|(?:api|access|private)[ _-]?key|(?:access|auth|api|refresh)[ _-]?token|\btoken\b|验证码|密码|口令|密钥|令牌)"
        r"[\"']?\s{0,3}(?:code|号)?\s{0,2}(?:is|was|=|:|->|是|为|改成|设为){1,2}\s{0,3}[\"'`]?([!#-&(-+\--:<-_a-~]{4,200})", re.IGNORECASE), check=_has_symbol, whole=True, rank=8, group=1),
    Pattern("secret", re.compile(r"(?<=[?&])(?:token|key|api_key|apikey|access_token|password|secret|sig|signature)=([^\s&#\"'<>]{6,512})", re.IGNORECASE), rank=9, group=1),
)  # fmt: skip

_HANDLE = near(r"(?:twitter|instagram|telegram|\btg\b|\big\b|skype|snapchat|discord|threads|tiktok|weibo|微博|抖音|小红书|推特)[^\n@]{0,16}$", before=30)
HANDLES = (
    Pattern("account", re.compile(r"QQ ?(?:号码?|群|邮箱)?(?: ?(?:is|[:#]|是|为)){0,2} ?([1-9]\d{4,10})(?![0-9A-Za-z])", re.IGNORECASE), rank=7, group=1),
    Pattern("account", re.compile(r"(?:微信|wechat|weixin|\bvx|\bwx|[加+]v)(?: ?(?:号码?|id))?(?: ?(?:is|[:#]|是|为)){0,2} ?([A-Za-z][A-Za-z0-9_-]{5,19})(?![A-Za-z0-9_-])", re.IGNORECASE),
            check=_has_symbol, whole=True, rank=6, group=1),
    Pattern("account", re.compile(r"(?<![A-Za-z0-9_@.])@[A-Za-z0-9_][A-Za-z0-9_.]{2,29}(?<!\.)"), beside=_HANDLE, rank=5),
)  # fmt: skip
