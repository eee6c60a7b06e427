"""lookalikes: Chinese characters that look nearly the same, as a hasty hand and optical reading confuse them.

The table is ours: groups of common characters that differ in a stroke or in one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import shuffled
from hanshuku.data.language import HAN

GROUPS = (
    "己已巳 己记 已巴 未末来 未朱 末宋 土士 日曰 人入八 大太犬 天夫无 无元 干千于 干午 于放 刀力刃 力办 儿几九 几凡 木本术 木禾 本体 牛午 牛生 午年 住往注 住驻 往行 "
    "王玉主 主生 主注 目且 且旦 且具 自白 白百 田由甲申电 申中 申审 贝见 贷货贫 贷代 货贸 东乐 东车 车军 车库 军罕 厂广 广产 户尸 庆厌 庆应 庆床 厌压 历厉 厘里 厘理 "
    "里重 重量童 重董 重动 晴睛 晴情清请精 青责 责贵 责债 侍待 待持诗 待得 持特 很狠恨 很艰 狠狼 恨根 恨恒 根跟 限眼银 喝渴竭 竭揭 揭歇 提堤题 题颗 喂畏 买卖 买头 卖读 "
    "卖实 读续 实宾 头斗 斗抖 科料 科和 办为 办协 协胁 亦变 变恋 变孪 恋峦 弯湾 蓝篮 蓝监 监览 监盐 盆盘 盆盗 盗盖 盖益 孟盂 免兔 兔冤 晚挽 晚勉 鸟乌 鸟岛 鸟马 鸣呜 "
    "妈吗码骂 驾驶 驾加 驱驰 驱躯 驱枢 骑骄 骑椅 骄娇 娇侨 桥侨轿 折拆析 折近 折沂 拆诉 诉斥 近进 近迎 斥斤 斤丘 听新 哲誓 拔拨 拨泼 拖施 施族 施池 拍怕柏 拍伯 柏泊 "
    "迫追 追退 抓爪 爪瓜 孤狐 孤弧 抱饱炮泡跑 抱袍 饱饿 包句 包色 句旬 旬询 勺匀 匀均 匀勾 钧钩 沟构购 杨扬 杨肠 扬场 场肠 场汤 场坊 汤荡 畅伤 爱受 受授 暖缓援 采彩菜 "
    "采踩 菜莱 来米 味妹昧 珠殊 珠株 殊诛 生甥 性姓 性胜 性牲 性恒 姓星 姓侄 胜脸 注驻 注柱 柱拄 望忘 忘妄 忘忙 忘亡 忙盲 忙茫 荒慌谎 流疏 流梳 流硫 疏蔬 琉硫 冷今 "
    "冶治 治抬始 冰水 冰泳 水永 永泉 泳咏 沧抡 抡轮 沦论 轮伦 抢枪 仓仑 仓苍 仓他 创疮 舱航 航般 般船 般搬 般股没 股肌 股服 肌饥 肌机 肌肥 饥讥 机讥 饿俄 饭饮 饼拼 "
    "拼瓶 并井开 形刑 形研 刑邢 刑型 那哪 那娜 邦帮 邦绑 郎朗 朗廊 狼娘 浪粮 良食 郊效 郊胶 效改 校较 校饺 绞狡 交父 交文 父爷 爷爹 爷节 爸爹 爸把吧 吧肥 肥胞 色邑 "
    "色绝 绝艳 劝动 劝欢 劝权 欢观 观现 现视 视规 权仅 叉又 叹汉 汉仅 仅双 双对 难推 推准 推谁 推维 推雄 准堆 准淮 准确 谁唯 唯惟 集售焦 焦雕 雀省 省少 候侯 候喉 "
    "候修 侯猴 条务 务备 备各 各名 客容 客额 容溶 容蓉 落洛 洛络 洛路 络给 络格 给结 路略 阁搁 额颜 拾恰 恰洽 合舍含 合台 含念 含吟 今令 琴吟 领邻 领项 铃玲 铃龄 "
    "零雷 雷雪 雷需 需霜 需儒 霄宵 宵消 消削 消悄 消俏 消销 销稍 稍梢 稍哨 赏尝偿 赏贵 党堂常 堂掌 堂棠 常裳 贵遗 债绩积 绩渍 绩续 积识 赶起 赶趋 起赴 赴趁 越超 徒陡 "
    "徒走 走定 从丛 坐座 度席 庭延 庭挺 延廷 延诞 库裤 庙宙 庙朝 宙审 宇字 宇宁 字学 安宴 宝室 宣宜 宫官 宫营 官馆 官管 管棺 写泻 穷究 究空 究突 窗密 密蜜 密秘 必心 "
    "必泌 定宽 宽宾 寒塞赛 塞寨 寄奇 奇崎 椅倚 防访仿 防妨 坊妨 坊纺 旁傍 旁房 放房 族旋旅 族旗 旗其 部都 都郁 都堵 陪培赔 陪倍 培剖 暑署 暑著 著者煮 者老 者孝 猪诸 "
    "猪绪 诸储 报服 服肢 技枝 技鼓 技歧 技妓 枝支 支友 被彼 彼波 波坡 坡披 坡破 坡玻 披皮 疲病疾 病症 痛疼 痛通 通涌 通诵 桶捅 勇男 城诚 成戌 成咸 戌戍 咸感 咸减 "
    "咸威 咸或 感喊 感惑 戒戎 戒贼 戒械 贼绒 或域 武式 试拭 代伐 代袋 找我 我俄 钱线 钱浅 钱贱 线残 浅栈 贱践 钟种 钟冲 种肿 种忠 种和 中伸 伸仲 伸神 伸坤 明朋 明盟 "
    "朋用 阴阳 用月 用角 用甩 用册 用同 同网 同词 网冈 网刚 刚岗 钢铜 钢纲 铜桐 铜洞 兄况 兄克 况祝 识织 识帜 织职 和知 和如 和私 和利 和秋 利梨 利莉 利痢 季李 季秀 "
    "香看 看着 着差 着羊 差羞 羊半 美姜 美羡 判伴 伴绊 伴拌 伴胖 胖肝 洋详 洋样 洋祥 样养 关送 送迭 送进 远运 远选 远元 这达还 这过 还坏 道首 道遭 迷述 述适 适话 "
    "适敌 逛狂 选洗 连莲 连链 脑恼 脑胸 脚却 却法 脸险 险检验 检捡 检剑 检签 捡俭 肝肚 肚肤 肚杜 腰腹 腰要 腹履 腹复 复夏 夏厦 体休 体作 休件 作昨 作怎 作窄 他她地 "
    "他也 地池 位泣 位拉 位粒 拉垃 你称 你弥 你您 你尔 昨炸 窄窒 低底 低纸 底抵 氏民 民眠 民昏 呢泥 泥尼 尼尾 尼层 屋居 屋层 屋至 居局 居展 居届 居据 居剧 局尺 尺尽 "
    "没设 没役 没汲 设投 设段 汲吸 说悦 说脱 说阅 脱税 税锐 话活 话舌 活括 活刮 记纪 记配 改攻 改收 攻政 攻文 教孝 孝考 考老 考拷 考烤 考亏 快块决 快筷 块央 决诀 "
    "决缺 决央 央英 英映 映秧 怜伶 恒垣 惊凉 惊掠 凉谅 凉京 谅晾 京就 京享 草早 早旱 早章 早旦 果呆 果课 呆杏 课棵 棵裸 杏否 杯怀 怀坏 坏环 不下 下卞 票栗 票漂 栗粟 "
    "漂飘 漂标 飘瓢 要耍 西酉 酉酒 酒洒晒 洒牺 栖牺 洗先 洗法 去丢 便使 便更 便硬 便捷 使吏 更史 史丈 健建 健键 建律 律津 顶项 顶顺 顶预 顶订 项须 须顾 须烦 预顿 "
    "颗颖 烦频 夜液 夜腋 液掖 温湿 湿显 昆昂 昆混 比此 此批 此些 毕华 柴紫 旦但 但担 担胆 担坦 组阻租 组助 组姐 租祖 租粗 具俱 具真 具其 真值 真填 真慎 真直 值植 "
    "填镇 直置 豪毫 亭停 亨享 享孰 熟热 热执 热势 执挚 执垫 厨橱 厨尉 尉慰 尉蔚 点店 店占 店惦 占站 站沾 站粘 站战 粘贴 粘钻 贴帖 到致 到倒 到至 倒侄 订钉 订厅 订汀 "
    "钉盯 灯打 行街 行衍 再冉 再在 在存 存仔 存孙 元完 元园 完玩 完院 完冠 玩顽 园围 抬胎 始殆 员圆 员损 圆图 图困 团困 困因 因固 因囚 因恩 因姻 固国 国围 回四 四匹 "
    "姻烟 烟咽 小少 少劣 少步 沙抄 沙吵 沙纱 抄炒 纱妙 炒秒 理埋 理野 懂董 期朝 期欺 期其 期棋 期斯 朝潮 其甚 其基 堪勘 潮嘲 亏污 亏夸 亏号 号另 巧朽 另别 另加 别拐 "
    "加架 加贺 可司 可何 可哥 可苛 何伺 何河 何阿 伺饲 哥歌 风凤 风疯 凤凰 讽枫 互五 五伍 语悟 语吾 丈仗 仗杖 纹蚊 外处 处朴 兵乒 乓乒 巨臣 巨渠 臣匠 拒柜距 匠医 "
    "区匹 欧殴 弟第 弟涕 弟梯 弟递 弟剃 壮状 壮装 壮妆 乎平 乎呼 平评 平坪 评苹 以似 似拟 幻幼 幼幽 异导 异弃 导寻 亚哑 普晋 普谱 兴举 举誉 黑墨 黑默 黑熏 辩辨 辩辫 "
    "辨瓣 躁燥 躁操 燥噪 操澡 澡藻 幕墓 幕慕 幕摹 幕莫 墓募 慕暮 模漠 模摸 漠寞 摸膜 遣遗 遣谴 戴载 戴截 载栽裁 裁截 陷馅焰 陷掐 滔稻 稻蹈 瞻赡 辆俩 俩两 栏烂拦 栏兰 "
    "拥佣 偏编骗 偏扁 编遍 编篇 凑奏 奏秦 奏奉 秦春 奉捧 捧棒 插播 播翻 杀刹 侵浸 浸寝 级极 级吸 级及 吸圾 徽微 虑虚 虑虎 虎唬 虎虐 杜社吐 杜牡 球求 球救 愉偷 愉榆 "
    "愉输 愉喻 偷愈 输渝 壁避 壁臂 避僻 臂劈 遇偶 遇寓 遇愚 偶隅 塌蹋 蹋踏"
)  # fmt: skip


@cache
def _alike() -> dict[str, str]:
    """Character -> those that look like it, each once, in the table's order."""
    found: dict[str, dict[str, None]] = {}
    for group in GROUPS.split():
        for character in group:
            found.setdefault(character, {}).update(dict.fromkeys(other for other in group if other != character))
    return {character: "".join(others) for character, others in found.items() if others}


def alike(character: str) -> str:
    """The characters that look like this one; "" where the table has none."""
    return _alike().get(character, "")


def lookalikes(text: str, rng: Random) -> Iterator[Edit]:
    """A character becomes one that looks like it; those that the table has not stay."""
    for place in shuffled([match.start() for match in HAN.finditer(text) if match[0] in _alike()], rng):
        yield Edit(place, place + 1, rng.choice(_alike()[text[place]]))
