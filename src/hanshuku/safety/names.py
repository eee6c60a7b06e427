"""Names of people: by the words round them and our small lists; or by a function that tags, which knows far more.

What is found without a tagger is what introduces itself: "My name is ...", "我叫…", "Dr. ...", "张先生", a common given name with another
capitalised word behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hanshuku.safety.name_lists import COMMON_ZH, DOUBLE_ZH, GIVEN, NOT_NAMES, NOT_NAMES_ZH, SURNAMES_ZH

_PART = r"[A-Z][a-zà-öø-ÿ]{1,20}(?:[-'’][A-Z]?[a-zà-öø-ÿ]{1,20}){0,2}|O['’][A-Z][a-z]{1,20}|Ma?c[A-Z][a-z]{1,20}"
_SMALL = r"(?:(?:de|da|del|della|van|von|der|den|bin|ibn|al|la|le|di|dos) ){0,2}"
_FULL = rf"(?:{_PART})(?: (?:[A-Z]\.? )?{_SMALL}(?:{_PART})){{0,3}}"
_SURE = re.compile(
    rf"(?:\b(?:[Mm]y (?:full |legal )?name is|[Mm]y name's|[Nn]ame(?: on (?:the )?(?:card|account))?\s?[:=]|[Ff]ull [Nn]ame\s?[:=]?|[Ff]irst [Nn]ame\s?[:=]?|[Ll]ast [Nn]ame\s?[:=]?|[Ss]urname\s?[:=]?|[Nn]amed|[Cc]ardholder\s?[:=]?|[Aa]ccount holder\s?[:=]?"
    rf"|[Aa]ttn\.?:?|[Rr]ecipient:?|[Pp]atient:?|[Cc]ontact:|[Ee]mployee:|[Ss]ender:|[Ss]igned by)|\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Rev|Herr|Frau|Monsieur|Madame|Señora?)\b\.?(?: (?:Dr|Prof|Med)\b\.?)?) ({_FULL})"
)
_MAYBE = re.compile(
    rf"(?:\b(?:I am|I'm|[Tt]his is|[Cc]all me|[Aa]sk for|[Ss]poke (?:to|with)|[Ss]peaking (?:to|with)|[Tt]alked to|[Hh]i|[Hh]ello|[Dd]ear|[Mm]y (?:wife|husband|son|daughter|mother|father|brother|sister|friend|colleague|boss|manager|neighbou?r),?|[Tt]hanks,|[Rr]egards,|[Ss]incerely,|[Cc]heers,|[Bb]est,|[Yy]ours,?)\s) ?({_FULL})"
)
_LONE = re.compile(rf"(?<![0-9A-Za-z_@.])({_FULL})(?![0-9A-Za-z_@])")
_HAN = r"[\u4e00-\u9fff]"
_SURNAME = rf"(?:{'|'.join(DOUBLE_ZH)}|[{''.join(sorted(SURNAMES_ZH))}])"
_COMMON = rf"(?:{'|'.join(DOUBLE_ZH)}|[{''.join(sorted(COMMON_ZH))}])"
_STOP = (  # what follows a name and is no part of it
    r"(?:[是在的了和与来也想要住你我他她它您们这那就都说去从到给把被让吗呢吧啊为因所但跟不没很个]|今[天年晚早]|明[天年早]|昨[天晚]|现在|电话|手机|微信|邮[箱件]|地址|身份|性别|先生|女士|小姐|老师|同学"
    r"|收到?|付款|订[了单购]|退[款货]|请|帮|已经?|可以|能不能|会员|名下|家住|年龄|男|女|出生|生于|住址|联系)"
)
_GIVEN_CHAR = rf"(?:(?!{_STOP}){_HAN})"
_ENDS = rf"(?=[^\u4e00-\u9fff]|$|{_STOP})"
_TITLE = r"(?:先生|女士|小姐|太太|夫人|老师|医生|大夫|护士|教授|律师|经理|主任|总监|师傅|同学|阿姨|叔叔|警官|院长|校长|老板|工程师|博士|会计|书记|局长|处长|科长|总(?![是共之部结计体算有额数量]))"
_SURE_ZH = re.compile(
    rf"(?:我叫(?:做)?|我的名字(?:是|叫)|本人(?:姓名)?(?:叫|是)?|姓名(?:是|为)?|名字(?:是|叫|为)|(?:联系|收件|收货|寄件|经办|申请|负责|持卡|投保|被保险|乘车|入住)人(?:是|为|叫)?(?:姓名)?|户名(?:是|为)?|患者(?:姓名)?|名叫|叫做|客户(?:姓名|叫)|学生(?:姓名)?|员工(?:姓名)?|签名|署名|致电人|(?:收货|收件|寄件|联系|客户|乘客)(?:信息|方式))"
    rf"[ :：,,]{{0,2}}({_SURNAME}{_GIVEN_CHAR}{{1,2}}?){_ENDS}"
)
_IS_ZH = re.compile(rf"(?:我是|这是|他是|她是|他叫|她叫|找一下|认识|叫)({_COMMON}{_GIVEN_CHAR}{{1,2}}?)(?=[,。!?,！？;:：、 )]|$|[的在来住])")
_TITLED_ZH = re.compile(rf"(?<![\u4e00-\u9fff])({_SURNAME}{_GIVEN_CHAR}{{0,2}}?){_TITLE}|(?:(?<=[是找跟和给请问告向叫的由为与位让被对把从])|(?<=联系)|(?<=收件人)|(?<=致电))({_COMMON}{_GIVEN_CHAR}{{0,2}}?){_TITLE}")

_SURNAMED = re.compile(rf"(?:[我他她]|免贵)姓({_SURNAME})(?={_STOP}|[^\u4e00-\u9fff]|$)")


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of a folded text that are likely names. Linear in its length."""
    for match in _SURE.finditer(text):
        yield from _kept(match, known=False)
    for match in _MAYBE.finditer(text):
        yield from _kept(match, known=True)
    for match in _LONE.finditer(text):
        if " " in match[1]:
            yield from _lone(match)
    if text.isascii():
        return
    for pattern in (_SURE_ZH, _IS_ZH):
        yield from (match.span(1) for match in pattern.finditer(text) if match[1][:2] not in NOT_NAMES_ZH)
    yield from (match.span(1) for match in _SURNAMED.finditer(text))
    yield from (match.span(1 if match[1] else 2) for match in _TITLED_ZH.finditer(text))


def _kept(match: re.Match[str], *, known: bool) -> Iterator[tuple[int, int]]:
    """The words of a match up to the first that is no name; known: the first one stands in the list of given names."""
    end = match.start(1)
    for number, word in enumerate(match[1].split(" ")):
        low = word.lower().rstrip(".")
        if (low in NOT_NAMES and not (number and low in GIVEN)) or (known and number == 0 and low not in GIVEN):
            break
        end = end + len(word) + bool(number)
    if end > match.start(1):
        yield match.start(1), _owned(match.string, end)


def _owned(text: str, end: int) -> int:
    """The end of a name without the 's of an owner."""
    return end - 2 if text[end - 2 : end] in {"'s", "’s"} else end


def _lone(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """A given name with a surname behind it, anywhere in a run of capitalised words."""
    place = match.start(1)
    words = match[1].split(" ")
    for number, word in enumerate(words[:-1]):
        if word.lower() in GIVEN and word.lower() not in NOT_NAMES:
            taken = [word]
            for other in words[number + 1 :]:
                if other.lower() in NOT_NAMES:
                    break
                taken.append(other)
            if len(taken) > 1:
                yield place, _owned(match.string, place + len(" ".join(taken)))
                return
        place += len(word) + 1
