"""ocr: what optical reading makes of printed text: letters and figures of like shape, words torn apart or run together; in Chinese
characters that look alike or fall into their two halves. The tables are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.lookalikes import alike
from hanshuku.data.augment.words import shuffled
from hanshuku.data.language import HAN

# Of each group every sign may be read as any other.
SHAPES = "rn m|cl d|vv w|ri n|li h|nn m|ii u|l 1 I|O 0|S 5|B 8|Z 2|G 6|g 9|q 9|e c|h b|a o|f t|i j|y v|u n|E F|P F|D O|C G|, .|b 6|t l"
HALVES = (
    "好女子 明日月 的白勺 林木木 对又寸 加力口 和禾口 如女口 杜木土 相木目 休亻木 她女也 妈女马 时日寸 你亻尔 作亻乍 他亻也 体亻本 位亻立 住亻主 "
    "什亻十 化亻匕 们亻门 信亻言 件亻牛 便亻更 但亻旦 晚日免 味口未 吃口乞 吧口巴 叫口丩 呢口尼 听口斤 唱口昌 喝口曷 啊口阿 吗口马 问门口 闻门耳 "
    "村木寸 板木反 根木艮 样木羊 校木交 杯木不 机木几 松木公 枝木支 桥木乔 楼木娄 横木黄 地土也 场土昜 城土成 坏土不 块土夬 找扌戈 打扌丁 把扌巴 "
    "种禾中 秋禾火 利禾刂 科禾斗 秘禾必 知矢口 短矢豆 研石开 确石角 破石皮 码石马 硬石更 视礻见 神礻申 祝礻兄 红纟工 给纟合 结纟吉 级纟及 细纟田 线纟戋 "
    "说讠兑 话讠舌 请讠青 谁讠隹 认讠人 语讠吾 该讠亥 让讠上 记讠己 课讠果 钱钅戋 银钅艮 铁钅失 错钅昔 钟钅中 饭饣反 饿饣我 馆饣官 饱饣包 饮饣欠 "
    "较车交 轻车圣 转车专 输车俞 软车欠 路足各 跟足艮 跑足包 踢足易 外夕卜 朋月月 期其月 胜月生 脑月囟 脏月庄 腿月退 肥月巴 "
    "现王见 玩王元 理王里 班王王 球王求 环王不 歌哥欠 欢又欠 难又隹 鸡又鸟 观又见 双又又 戏又戈 取耳又 联耳关 职耳只 旧丨日 新亲斤 所户斤 断米斤 料米斗 粉米分 精米青 糟米曹 "
    "预予页 项工页 顺川页 顾厄页 须彡页 领令页 颜彦页 颗果页 题是页 教孝攵 放方攵 政正攵 收丩攵 故古攵 数娄攵 改己攵 效交攵 部立阝 都者阝 邮由阝 邻令阝 那邦阝 "
    "到至刂 刚冈刂 别另刂 副畐刂 动云力 助且力 功工力 劲圣力 幼幺力 张弓长 弱弓弓 强弓虽 引弓丨 孩子亥 孙子小 奶女乃 姐女且 妹女未 姓女生 始女台 婚女昏 娘女良"
)  # fmt: skip
BLANKS = 0.15  # share of the slips that tear a word or join two


def ocr(text: str, rng: Random) -> Iterator[Edit]:
    """A sign, or two together, is read as one of like shape; a blank is lost or comes in; a Chinese character falls apart."""
    for place in shuffled([i for i, sign in enumerate(text) if sign.isalnum() or sign in " ,."], rng):
        edit = _misread(text, place, rng)
        if edit is not None:
            yield edit


def _misread(text: str, place: int, rng: Random) -> Edit | None:
    sign = text[place]
    if HAN.match(sign):
        read = [*alike(sign), *([HALF[sign]] * 2 if sign in HALF else [])]
        return Edit(place, place + 1, rng.choice(read)) if read else None
    if sign == " ":
        joins = text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum() and place
        return Edit(place, place + 1, "") if joins and rng.random() < BLANKS else None
    if rng.random() < BLANKS and text[place + 1 : place + 2].isalpha() and sign.isalpha():
        return Edit(place + 1, place + 1, " ")
    for width in (2, 1):
        read = _LIKE.get(text[place : place + width], [])
        if read:
            return Edit(place, place + width, rng.choice(read))
    return None


def _like() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in SHAPES.split("|"):
        signs = group.split()
        for sign in signs:
            found.setdefault(sign, []).extend(other for other in signs if other != sign)
    return found


_LIKE = _like()
HALF = {group[0]: group[1:] for group in HALVES.split()}  # character -> its two halves side by side
