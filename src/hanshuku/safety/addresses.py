"""Postal addresses, English and Chinese, told by their form."""

from __future__ import annotations

import re

from hanshuku.safety.pattern import Pattern

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Ter|Close|Crescent|Cres|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Trl|Row|Mews|Gardens|Grove|Hill|Walk|Quay|Alley)"
)
_UNIT = r"(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|Room|Rm|#)\.? ?#?[0-9A-Za-z-]{1,6}"
_ZIP = r"(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{5}(?:-\d{4})?|[A-Z]{2,3} \d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d)"
_TOWN = r"(?:, ?[A-Z][a-z][A-Za-z.'-]{0,20}(?: [A-Z][a-z][A-Za-z.'-]{0,20}){0,2}){0,3}"
_WORD = r"(?:[A-Z][A-Za-z'.-]{0,20}|\d{1,3}(?:st|nd|rd|th)|of|the)"
_HOME = (
    rf"(?:{_UNIT},? ?)?(?<![0-9A-Za-z$€£.-])\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})? (?:[NSEW]\.? |North |South |East |West )?(?:{_WORD} ){{1,4}}{_STREET}\b\.?(?: [NSEW]{{1,2}}\b)?"
    rf"(?:,? {_UNIT})?{_TOWN}(?:,? {_ZIP}(?![0-9A-Za-z]))?"
)
_LOWER = rf"(?<=\b(?:live|lived) at )\d{{1,5}} (?:[a-z'.]{{1,20}} ){{1,3}}{_STREET.lower()}\b"
_BOX = rf"\bP\.? ?O\.? ?Box \d{{1,6}}(?:{_TOWN},? {_ZIP}(?![0-9A-Za-z]))?"

_HAN = r"[\u4e00-\u9fff]"
_NOT_IN = r"(?:[在到往寄送至是住去给把请我你他她您的与跟]|于(?![都田洪])|来(?![安宾凤])|从(?!化)|和(?![平顺田县龙]))"  # a name of a street or a town has none of these
_NAME = rf"(?:(?!{_NOT_IN}){_HAN}){{1,8}}?"
_PROVINCE = r"(?:(?:北京|上海|天津|重庆)市?|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾)省?|(?:内蒙古|广西壮族|广西|西藏|宁夏回族|宁夏|新疆维吾尔|新疆)(?:自治区)?|香港|澳门)"
_CITY = rf"(?:{_NAME}(?:市|自治州|地区|盟))"
_DISTRICT = rf"(?:{_NAME}(?:新区|开发区|高新区|区|县|旗))"
_TOWNSHIP = rf"(?:{_NAME}(?:街道|镇|乡|村))"
_ROAD = rf"(?:{_NAME}(?:大道|大街|路|街|巷|弄|胡同|道|里))(?:[东南西北中][段路]?|[一二三四五六七八九十]段)?"
_NUMBER = r"(?:[甲乙丙丁]?[0-9零一二三四五六七八九十百]{1,6}(?:-[0-9]{1,4})?(?:弄|号院|号楼|号|巷))"
_ESTATE = rf"(?:(?:(?!{_NOT_IN})(?:{_HAN}|[A-Za-z])){{1,10}}?(?:小区|花园|公寓|家园|大厦|苑|新村|广场|宿舍|庭|湾|城|塔))"
_INSIDE = r"(?:[A-Za-z0-9零一二三四五六七八九十甲乙丙丁]{1,5} ?(?:-[0-9A-Za-z]{1,5}){0,3}(?:号楼|号院|幢|栋|座|单元|层|楼|室|户|门|房|号|弄)|(?<=[栋幢座元楼厦塔]) ?\d{1,4}[A-Z]?(?![0-9A-Za-z号]))"
_ZH = rf"{_PROVINCE}?{_CITY}?{_DISTRICT}?{_TOWNSHIP}?{_ROAD} ?{_NUMBER}(?:[,，、 ]?{_ESTATE})?(?:[,，、 ]?{_INSIDE}){{0,5}}"
_ZH_ESTATE = rf"(?:{_PROVINCE}{_CITY}?{_DISTRICT}?{_TOWNSHIP}?{_ROAD}?|{_CITY}{_DISTRICT}{_TOWNSHIP}?{_ROAD}?|{_CITY}|{_DISTRICT})?{_ESTATE}(?:[,，、 ]?{_INSIDE}){{2,5}}"

ADDRESSES = (
    Pattern("address", re.compile(_HOME), rank=4),
    Pattern("address", re.compile(_LOWER.replace(r"(?<=\b(?:live|lived) at )", r"(?:\blived? at )(") + ")"), rank=4, group=1),
    Pattern("address", re.compile(_BOX, re.IGNORECASE), rank=4),
    Pattern("address", re.compile(_ZH), rank=4, anchor=re.compile(r"[0-9零一二三四五六七八九十百](?:弄|号)")),
    Pattern("address", re.compile(_ZH_ESTATE), rank=4, anchor=re.compile(r"(?:号楼|[幢栋座元层楼]) ?[0-9]")),
)
