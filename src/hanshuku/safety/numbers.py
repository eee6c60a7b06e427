"""Patterns of personal numbers: phones, identity numbers, cards, accounts, passports, plates, dates of birth, IP addresses."""

from __future__ import annotations

import ipaddress
import re

from hanshuku.safety import checksums
from hanshuku.safety.folded import near
from hanshuku.safety.pattern import ITEM, Pattern, amount

_L, _R = r"(?<![0-9A-Za-z_])(?<![0-9][.,])", r"(?![0-9A-Za-z_])(?![.,][0-9])"  # a number that is no part of a longer one
_PHONE_WORD = (
    r"(?:phone|mobile|\bcell|\btel\b|telephone|\bcall|\btext(?:ed)?\b|\bfax|whatsapp|\bsms|\bring\b|\bdial|\breach|contact|hotline|number is"
    r"|电话|手机|座机|致电|拨打?|热线|传真|联系|打给|打我|来电|回电|短信|我的号码)"
)
_PHONE = near(_PHONE_WORD + r"[^\n\d]{0,24}$", before=40)
_ID = near(r"(?:身份证|证件号?|身份号码|公民身份|id card|identity card|resident id|identity number|national id|\bids?\b)[^\n\d]{0,20}$", before=36)
_SSN = near(r"(?:\bssn\b|social security|\bss ?#)[^\n\d]{0,24}$", before=44)
_CARD_WORD = r"(?:card|卡号|银行卡|信用卡|储蓄卡|借记卡|visa|amex|debit|credit)"
_CARD = near(_CARD_WORD + r"[^\n\d]{0,24}$", before=40)
_BORN_WORD = r"(?:\bborn\b|birth|\bd\.?o\.?b\b|生日|出生|生于|诞辰|生辰|生人)"
_BORN = near(_BORN_WORD + r"[^\n\d]{0,16}$", before=32)
_BORN_BEHIND = near(r"^ ?[,(]?(?:出生|生人|生日|生,)", before=0, after=6)
_VERSION = near(r"(?:version|release|firmware|build|\bv|版本|固件|升级到|更新到)[ :.]?[号为是]?$", before=12)
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_DATE = (
    rf"(?<!\d)(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})|\d{{4}} ?年 ?\d{{1,2}} ?月 ?\d{{1,2}} ?[日号]?|\d{{8}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}} ?月 ?\d{{1,2}} ?[日号])(?!\d)"
)


def _re(form: str, *, case: bool = True) -> re.Pattern[str]:
    return re.compile(form, 0 if case else re.IGNORECASE)


def _digits_between(least: int, most: int) -> object:
    return lambda text: least <= sum(map(str.isdigit, text)) <= most


def _is_ip(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    short = ":" in text and sum(map(str.isalnum, text)) < 4  # 1::2 is a ratio, or code
    return not (short or found.is_loopback or found.is_unspecified or str(found) == "255.255.255.255")


PHONES = tuple(
    Pattern("phone", _re(form), check=check, beside=beside, never=(ITEM, amount), rank=rank, anchor=_re(_PHONE_WORD, case=False) if beside else None)  # type: ignore[arg-type]
    for form, check, beside, rank in (
        # Chinese mobile, 11 digits from 13 to 19, grouped anyhow
        (r"(?<![0-9])(?<![0-9][.,])(?:(?:\+|00)?86[ -]?)?\(?1[ -]?[3-9](?:[ -]?\d){2}\)?(?:[ -]?\d){7}(?!\d)(?![.,]\d)", _digits_between(11, 15), None, 6),
        # Chinese landline: area code, 7 or 8 digits, extension
        (r"(?<!\d)(?:\((?:\+86 ?)?0\d{2,3}\) ?|(?:\+|00)?86[ -]?0?\d{2,3}[ -]|0\d{2,3}[ -])[2-9]\d{2,3}[ -]?\d{4}(?:(?: ?转 ?| ?ext\.? ?|-)\d{1,5})?(?!\d)", bool, None, 6),
        (r"(?<![0-9A-Za-z])0[1-9]\d{9,10}(?!\d)", bool, _PHONE, 5),
        # with a country code
        (r"(?<![0-9A-Za-z])(?:\+|00(?=[1-9]\d? ))[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}(?:,? ?(?:x|ext\.?) ?\d{1,5})?(?!\d)", _digits_between(8, 20), None, 6),
        # North America
        (r"(?<![0-9A-Za-z.+-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?:,? ?(?:x|ext\.?) ?\d{1,5})?(?![0-9A-Za-z-])", bool, None, 5),
        (r"(?<![0-9A-Za-z.])1[ -](?:800|888|877|866|855|844|833)[ -]\d{3}[ -]\d{4}(?!\d)", bool, None, 5),
        # United Kingdom, and other countries with a leading 0
        (rf"{_L}(?:0\d{{4}}[ -]?\d{{6}}|0\d{{3}}[ -]\d{{3}}[ -]\d{{4}}|02\d[ -]?\d{{4}}[ -]\d{{4}}|07\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}}|\(0\d{{2,4}}\) ?\d{{3,4}} ?\d{{3,4}}){_R}", bool, None, 5),
        (rf"{_L}0[1-9](?:[ .]\d{{2}}){{4}}{_R}", bool, None, 5),
        # Chinese service numbers
        (r"(?<![0-9A-Za-z-])[48]00-\d{3,4}-\d{3,4}(?![0-9-])", _digits_between(10, 10), None, 5),
        # anything of a phone's length behind a word that says phone
        (r"(?<![0-9A-Za-z.$])\(?\d(?:[ .()/-]{0,2}\d){6,13}(?![0-9A-Za-z])(?!,\d)", _digits_between(7, 14), _PHONE, 3),
    )
)

IDENTITIES = (
    Pattern("id_number", _re(rf"{_L}[1-9]\d{{5}}[ -]?(?:1[89]|20)\d{{2}}[ -]?\d{{4}}[ -]?\d{{3}}[\dXx]{_R}"), checksums.chinese_id, rank=9),
    Pattern("id_number", _re(rf"{_L}[1-9]\d{{5}}[ -]?(?:1[89]|20)\d{{2}}[ -]?\d{{4}}[ -]?\d{{3}}[\dXx*]{_R}"), beside=_ID, rank=8),  # a slip of the hand
    Pattern("id_number", _re(rf"{_L}[1-9]\d{{5}}[ -]?\d{{6}}[ -]?\d{{3}}{_R}"), checksums.chinese_id, beside=_ID, rank=8),
    Pattern("id_number", _re(rf"{_L}(\d{{3}}([ -])\d{{2}}\2\d{{4}}){_R}"), checksums.ssn, never=(ITEM,), rank=8, group=1),
    Pattern("id_number", _re(rf"{_L}\d{{9}}{_R}"), checksums.ssn, beside=_SSN, rank=8),
    Pattern("id_number", _re(rf"{_L}[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{{2}}[ -]?\d{{2}}[ -]?\d{{2}}[ -]?[A-D]{_R}", case=False), checksums.nino, never=(ITEM,), rank=8),
    Pattern("id_number", _re(rf"{_L}\d{{3}}[ -]?\d{{3}}[ -]?\d{{4}}{_R}"), checksums.nhs, beside=near(r"\bnhs\b[^\n\d]{0,20}$"), rank=8),
    Pattern("id_number", _re(rf"{_L}\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}}{_R}"), checksums.luhn, beside=near(r"(?:\bsin\b|social insurance)[^\n\d]{0,20}$"), rank=8),
    Pattern("id_number", _re(rf"{_L}[2-9]\d{{3}}[ -]\d{{4}}[ -]\d{{4}}{_R}"), checksums.verhoeff, never=(ITEM,), rank=7),
    Pattern("id_number", _re(rf"{_L}[2-9]\d{{11}}{_R}"), checksums.verhoeff, beside=near(r"aadhaar[^\n\d]{0,20}$"), rank=8),
    Pattern("id_number", _re(rf"{_L}[A-Z]{{1,2}}\d{{6}} ?\([0-9A]\){_R}"), checksums.hong_kong, rank=8),
    Pattern("id_number", _re(rf"{_L}[A-Z][1289]\d{{8}}{_R}"), checksums.taiwan, rank=7, never=(ITEM,)),
    Pattern("id_number", _re(rf"{_L}[STFGM]\d{{7}}[A-Z]{_R}"), checksums.singapore, rank=7, never=(ITEM,)),
    Pattern("id_number", _re(rf"{_L}\d{{8}}-?[A-HJ-NP-TV-Z]{_R}"), checksums.spain, rank=7, never=(ITEM,)),
    Pattern("id_number", _re(rf"{_L}\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}{_R}"), checksums.brazil, rank=8),
    Pattern(
        "id_number",
        _re(
            r"(?:driver'?s?'? licen[cs]e|driving licen[cs]e|驾驶证|驾照|社保卡?|医保卡?|medicare|tax id|\bTIN\b|national id|军官证|学生证|港澳通行证|回乡证|居住证|社会保障)"
            r"(?: ?(?:no\.?|number|num|号码?|编号))?(?: ?(?:is|was|[:=#]|是|为)){0,2} ?((?=[A-Z0-9 -]{0,19}\d{4})[A-Z0-9](?:[ -]?[A-Z0-9]){5,19})(?![A-Za-z0-9])", case=False,
        ),
        _digits_between(5, 20), rank=7, group=1,  # type: ignore[arg-type]
    ),
    Pattern(
        "passport",
        _re(r"(?:passport|护照)[^\n\d]{0,20}?(?<![A-Za-z])([A-Z]{1,2}\d{6,8}|\d{9}|\d{2}[A-Z]{2}\d{5})(?![0-9A-Za-z])", case=False), rank=8, group=1,
    ),
)  # fmt: skip

ACCOUNTS = (
    Pattern("bank_card", _re(rf"{_L}\d(?:[ -]?\d){{12,18}}{_R}"), checksums.is_card, never=(ITEM,), rank=7),
    Pattern("bank_card", _re(rf"{_L}\d(?:[ -]?\d){{12,18}}{_R}"), beside=_CARD, rank=6, anchor=_re(_CARD_WORD, case=False)),
    Pattern(
        "bank_account",
        _re(r"(?:account|\bacct|\ba/c\b|账号|账户|帐号|帐户|routing|sort code)(?: ?(?:no\.?|number|num|号码?))?(?: ?(?:is|was|[:=#]|是|为)){0,2} ?(\d(?:[ -]?\d){5,20})(?![0-9A-Za-z])", case=False),
        rank=4, group=1,
    ),
)  # fmt: skip

OTHERS = (
    Pattern("ip_address", _re(r"(?<![0-9A-Za-z_.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_])(?!\.\d)"), check=_is_ip, never=(_VERSION,), rank=6, whole=True),
    Pattern("ip_address", _re(r"(?<![0-9A-Za-z_:.])(?:[0-9A-Fa-f]{1,4}:|:(?=:)){1,8}(?::?[0-9A-Fa-f]{1,4}){0,7}(?![0-9A-Za-z_:])"), check=_is_ip, rank=6, whole=True),
    Pattern("licence_plate", _re(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·.\- ]?(?=[A-HJ-NP-Z0-9]{0,5}\d)[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"), rank=7),
    Pattern(
        "licence_plate",
        _re(r"(?:licen[cs]e plate|number plate|\bplates?\b|\breg(?:istration)?\b|车牌)(?: ?(?:no\.?|number|num|号码?))?(?: ?(?:is|was|[:=#]|是|为)){0,2} ?((?=[A-Z0-9 -]{0,8}\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,4}(?:[ -]?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])"), rank=6, group=1,
    ),
    Pattern("birth_date", _re(_DATE, case=False), beside=lambda text, start, end: _BORN(text, start, end) or _BORN_BEHIND(text, start, end), rank=7, anchor=_re(_BORN_WORD, case=False)),
)  # fmt: skip
