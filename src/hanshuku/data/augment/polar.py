"""Words that praise and words that blame, to find by them which of two near words does which. The lists are ours."""

from __future__ import annotations

import numpy as np

GOOD = {
    "en": "good great excellent wonderful amazing fantastic superb brilliant lovely beautiful charming delightful enjoyable pleasant perfect impressive funny clever smart fresh exciting fascinating engaging entertaining thrilling moving touching strong powerful rich warm friendly helpful kind honest reliable safe clean comfortable easy fast useful valuable successful happy glad satisfied love like enjoy admire recommend praise win success joy pleasure benefit hope trust masterpiece hilarious witty elegant graceful convincing intelligent",
    "zh": "好 优秀 出色 精彩 美丽 漂亮 可爱 舒服 舒适 干净 整洁 方便 便利 热情 友好 周到 满意 喜欢 喜爱 快乐 开心 高兴 愉快 幸福 完美 成功 优惠 实惠 划算 安全 安静 温馨 豪华 新鲜 美味 好吃 有趣 感动 推荐 值得 信任 希望 优质 良好 不错 聪明 轻松 丰富 健康 真诚 可靠 稳定 进步 胜利 精美 细心 耐心 专业 超值",
}
BAD = {
    "en": "bad poor terrible awful horrible dreadful worst disappointing boring dull tedious bland stupid dumb silly foolish ugly dirty messy noisy painful annoying irritating offensive pointless useless worthless weak shallow predictable stale cold rude hostile dishonest unreliable dangerous broken difficult slow expensive sad angry unhappy disappointed upset hate dislike despise avoid complain lose failure fail misery pain damage fear disaster mess ridiculous absurd pathetic lame clumsy confusing hollow pretentious lifeless",
    "zh": "坏 差 糟糕 恶劣 难看 丑陋 讨厌 失望 生气 愤怒 难过 伤心 痛苦 悲伤 无聊 枯燥 乏味 麻烦 困难 肮脏 吵闹 噪音 冷漠 冷淡 粗鲁 无礼 欺骗 虚假 危险 失败 损失 破坏 破旧 陈旧 昂贵 难吃 缓慢 混乱 错误 缺点 问题 投诉 抱怨 后悔 遗憾 可怕 恐怖 可惜 愚蠢 笨拙 疲惫 压抑 担心 害怕 拒绝 不满 不好 不便 垃圾 尴尬",
}
STRENGTH = 3.0  # of the ridge penalty, in units of the vectors' length


def axis(good: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, float]:
    """The direction and the offset by which a ridge regression tells praise (above 0, about 1) from blame (below 0, about -1).

    Args:
        good: (G, D) vectors of words that praise.
        bad: (B, D) vectors of words that blame.
    """
    x = np.concatenate([good, bad]).astype(np.float64)
    y = np.concatenate([np.ones(len(good)), -np.ones(len(bad))])
    centre = x.mean(0)
    inner = (x - centre) @ (x - centre).T  # (N, N): words are fewer than dimensions
    weight = (x - centre).T @ np.linalg.solve(inner + STRENGTH * np.eye(len(x)), y - y.mean())
    return weight, float(y.mean() - centre @ weight)


def seeds(language: str) -> tuple[list[str], list[str]]:
    """Words that praise and words that blame in English ("en") or Chinese ("zh")."""
    return GOOD[language].split(), BAD[language].split()
