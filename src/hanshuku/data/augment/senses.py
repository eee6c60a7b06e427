"""Chinese words of one sense. The lists are ours.

Vectors alone find few of them: an encoder's vocabulary has hardly a tenth of the words of everyday Chinese whole, none of one character among them, and puts what stands
in the same sentences side by side, whether it means the same or not.
"""

from __future__ import annotations

from functools import cache

# Each line is a group: in nearly every sentence each word of it may stand for each other one.
GROUPS = """
很 非常 十分 相当 挺
特别 格外 分外
极其 极为
比较 较为
实在 着实
确实 的确
总体 整体
基本上 大体上 大致上
尤其 特别是
经常 常常 时常
一直 始终
偶尔 有时
马上 立刻 立即 即刻
已经 早已
可能 也许 或许
大概 大约
居然 竟然 竟
终于 总算
突然 忽然
必须 务必
应该 应当
刚刚 刚才
至少 起码
完全 全然
稍微 略微 稍稍
有点 有点儿
幸好 好在 幸亏
仍然 依然 依旧 仍旧
一起 一同
反正 横竖
全都 都
只 仅
只有 唯有
目前 现在 眼下
以前 从前 过去
以后 今后 往后
后来 之后
最近 近来 近日
有时候 有时
因为 由于
所以 因此 因而
如果 要是 假如 倘若
虽然 尽管 虽说
可是 然而
而且 并且
和 与
或者 或是
差 糟糕 差劲
糟糕 差劲 恶劣
贵 昂贵
便宜 实惠
实惠 划算 合算
旧 陈旧 老旧 破旧
新 崭新
狭小 窄小 狭窄
宽敞 宽大 宽阔
吵 吵闹 嘈杂
吵闹 嘈杂 喧闹
安静 清静 宁静
干净 整洁 洁净 清洁
脏 肮脏
方便 便利 便捷
舒服 舒适
满意 称心
热情 热心
友好 友善 和善
周到 细致
冷淡 冷漠
漂亮 美丽 好看
难看 丑陋
豪华 奢华
高档 高级
一般 普通 平常
快 迅速 快速
慢 缓慢
麻烦 费事
困难 艰难
简单 简易
重要 要紧
严重 厉害
明显 显著
奇怪 古怪
高兴 开心 愉快
生气 气愤 恼火
可怕 恐怖 吓人
无聊 乏味
好吃 可口 美味
丰富 丰盛
合适 适合 适宜
优秀 出色
很好 非常好 良好
很差 糟糕 差劲
很多 许多 好多
很大 非常大
很快 迅速
聪明 聪慧
著名 知名 有名
破 破烂
巨大 庞大
充足 充分
真实 真切
酒店 宾馆
房间 客房
服务员 服务生 工作人员
前台 总台
早餐 早饭 早点
午餐 午饭
晚餐 晚饭
价格 价钱 价位
设施 设备
位置 地点
水平 水准
质量 品质
问题 毛病
原因 缘故
电视 电视机
电脑 计算机
卫生间 洗手间 厕所
浴室 淋浴间
窗户 窗子
被子 棉被
声音 声响
噪音 噪声
朋友 友人
孩子 小孩
客人 宾客 旅客
出租车 的士 计程车
飞机 客机
城市 都市
公司 企业
老师 教师
医生 大夫
妈妈 母亲
爸爸 父亲
妻子 太太 老婆
丈夫 老公
办法 方法 法子
建议 提议
机会 时机
消息 讯息
费用 花费 开销
优点 长处
缺点 短处
书 书籍 图书
电影 影片
手机 移动电话
商店 店铺
饭菜 菜肴
包裹 快件 邮包
超市 超级市场
客户 顾客
晚上 夜里 夜晚
早上 早晨 清晨
中午 正午
今天 今日
昨天 昨日
明天 明日
觉得 感觉 感到
认为 觉得
喜欢 喜爱
讨厌 厌恶
希望 盼望 期望
知道 晓得
告诉 告知
说 讲
看到 看见 瞧见
发现 察觉
买 购买
卖 出售
预订 预定
入住 下榻 住进
住 入住
离开 离去
到达 抵达
继续 接着
停止 中止
帮助 协助
解释 说明
抱怨 埋怨
选择 挑选
提供 供应
打扫 清扫
整理 收拾
换 更换 调换
修理 维修
改进 改善 改良
提高 提升
降低 减低
增加 增添
减少 缩减
等待 等候
休息 歇息
出去 外出
参加 参与
担心 担忧
害怕 惧怕
感谢 感激
道歉 致歉 赔礼
拒绝 回绝
同意 赞同
忘记 忘掉
缺少 缺乏
导致 造成
浪费 糟蹋
购买 选购
收到 接到
寄 邮寄
丢失 遗失
退款 退钱
欺骗 蒙骗
宣布 公布
举行 举办
获得 取得
超过 超出
"""


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for line in GROUPS.strip().splitlines():
        own = line.split()
        for word in own:
            found.setdefault(word, {}).update(dict.fromkeys(other for other in own if other != word))
    return {word: tuple(others) for word, others in found.items()}


def same_sense(word: str) -> tuple[str, ...]:
    """Words that mean what a Chinese word means, in the order of the lists; none for one that is in none."""
    return _groups().get(word, ())
