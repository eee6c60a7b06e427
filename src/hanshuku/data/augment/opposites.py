"""What a near word must not be: an opposite, or one of a row of which each is something else (Monday, Tuesday). The lists are ours.

Vectors put opposites side by side, as both stand in the same sentences.
"""

from __future__ import annotations

from functools import cache

# Of each line every word left of the bar is opposed to every word right of it.
PAIRS = """
big large huge great tall high long deep wide thick heavy broad | small little tiny short low shallow narrow thin light slight
more most greater higher larger bigger longer | less least fewer lower smaller shorter
many much several numerous lots plenty | few little none single
quick fast rapid swift speedy quickly rapidly swiftly faster prompt promptly immediate immediately instantly | slow slowly slower gradually late later eventually delayed
easy simple easily simply easier effortless | hard difficult tough tricky complicated complex harder difficulty
hot warm | cold cool freezing chilly
new modern recent young newer fresh current | old ancient aged former previous older outdated stale
early earlier soon before prior previously first initial initially begin start | late later after afterwards then last final finally end
begin began begun start started starting opened open opening | end ended ending stop stopped stopping finish finished close closed closing
up upward rise rose rising increase increased increasing grow grew growing gain gained raise raised climb | down downward fall fell falling decrease decreased decreasing shrink shrank reduce reduced reducing lose lost lower lowered drop dropped
in inside into within indoor | out outside outdoor
above over upper top | below under lower bottom
left western west | right eastern east
northern north | southern south
front forward ahead | back backward behind rear
near close nearby here local domestic internal | far distant away there remote foreign international external overseas abroad
always forever often frequently usually constantly everything everyone everybody all every both | never seldom rarely sometimes occasionally nothing nobody none
with including | without excluding
true real genuine right correct actual accurate | false fake wrong incorrect artificial inaccurate
yes accept accepted accepting agree agreed allow allowed allowing permit permitted admit admitted | no reject rejected refuse refused deny denied decline declined forbid forbidden prohibit prohibited disagree
give gave given giving send sent sending sells sell sold selling pay paid paying lend lent teach taught push pushed export offer offered deposit | take took taken taking receive received receiving get got gotten getting buy bought buying purchase purchased collect borrow borrowed learn learned learnt pull pulled import withdraw withdrew withdrawal
arrive arrived arriving arrival come came coming enter entered entry return returned | leave left leaving depart departed departure go went gone going exit
win won winning victory succeed succeeded success successful pass passed | lose lost losing defeat fail failed failing failure
love loved loves loving like liked likes enjoy enjoyed enjoys admire | hate hated hates hating dislike disliked dislikes loathe despise detest
happy glad pleased cheerful joyful delighted merry satisfied | sad unhappy upset angry sorrowful miserable depressed gloomy dissatisfied
good great excellent nice fine wonderful best better superb | bad poor terrible awful horrible worst worse evil
interesting exciting fascinating entertaining engaging fun funny amusing | boring dull tedious tiresome dreary serious
beautiful pretty lovely attractive handsome gorgeous | ugly hideous plain unattractive
clean tidy neat | dirty messy filthy
safe secure protected | dangerous unsafe risky vulnerable
strong powerful mighty | weak feeble powerless
rich wealthy expensive costly dear | poor cheap inexpensive affordable
clever smart intelligent bright wise | stupid dumb foolish silly
full complete whole entire total | empty partial half incomplete
public open common ordinary usual normal general typical regular | private secret rare unusual strange special abnormal specific particular unique odd
loud noisy | quiet silent calm
dark night evening | light bright day morning
wet damp | dry
alive living live life born birth | dead dying die died death
ask asked asking question questions | answer answered answering answers reply replied response
man men male boy boys father son husband brother uncle king sir he him his gentleman | woman women female girl girls mother daughter wife sister aunt queen madam she her lady
friend ally | enemy foe rival
war | peace
work working job | rest play holiday
remember remembered | forget forgot forgotten
save saved keep kept preserve build built create created make | waste spent spend lose destroy destroyed break broke broken remove removed delete deleted
add added adding include included attach | remove removed subtract exclude excluded detach
positive optimistic | negative pessimistic
praise praised compliment | criticize criticized blame insult complaint complain
advantage benefit strength pro | disadvantage drawback weakness con
cause reason | effect result consequence
problem trouble | solution remedy
question | solution
possible able can likely probable capable | impossible unable cannot unlikely incapable
active activate activated enable enabled | passive deactivate deactivated disable disabled inactive
credit | debit
employer | employee
customer client buyer buyers | seller sellers vendor merchant
student pupil | teacher professor
parent parents | child children
husband | wife
hello | goodbye
major | minor
maximum | minimum
together | apart alone separate
stay stayed staying remain remained | leave left leaving go depart
first original | final last
young | old
movie film | audience cinema theater video youtube tv television
sent send | arrive arrived
work | job employment
receive received receives receiving | arrive arrived arrives arriving
tell told ask asked | know knew known learn learned
上班 上车 上楼 登录 | 下班 下车 下楼 退出
消毒 | 感染 传染
全国 | 国家
离开 | 留在 停留
已经 早已 曾经 | 刚刚 正在 将要
physical | virtual digital mental
rough | smooth
soft | hard
sharp | blunt
敌人 | 朋友
高于 超过 大于 多于 | 低于 不足 小于 少于
增加 增长 提高 上升 上涨 增多 扩大 提升 升高 | 减少 降低 下降 下跌 缩小 下滑 减弱
开始 起初 开头 | 结束 最后 最终 完成 停止
国内 境内 本地 当地 | 国外 海外 境外 外地 国内外
喜欢 喜爱 热爱 爱 | 讨厌 厌恶 憎恨 恨
高兴 开心 快乐 愉快 满意 幸福 | 难过 伤心 悲伤 失望 生气 痛苦 不满 遗憾
漂亮 美丽 好看 | 丑陋 难看
干净 整洁 清洁 | 肮脏 脏乱
便宜 实惠 低廉 | 昂贵 贵
快 迅速 快速 很快 急速 | 慢 缓慢 逐渐
简单 容易 轻松 | 复杂 困难 难 麻烦
安全 | 危险
成功 胜利 | 失败
好 优秀 出色 很棒 不错 良好 | 坏 差 糟糕 恶劣 不好 很差
方便 便利 便捷 | 不便 麻烦
安静 宁静 | 吵闹 嘈杂
热情 友好 | 冷淡 冷漠
经常 总是 一直 往往 频繁 | 偶尔 很少 从不
全部 所有 | 部分 个别
优点 好处 优势 | 缺点 坏处 劣势
进口 | 出口
买 购买 购入 收购 | 卖 出售 销售
收入 | 支出
存款 | 贷款
问题 难题 | 答案 解决
原因 | 结果
男 男人 男性 男孩 先生 | 女 女人 女性 女孩 女士
父亲 爸爸 儿子 丈夫 哥哥 弟弟 | 母亲 妈妈 女儿 妻子 姐姐 妹妹
老师 教师 | 学生
上面 上方 | 下面 下方
里面 内部 | 外面 外部
左 左边 | 右 右边
前面 之前 以前 | 后面 之后 以后
过去 从前 | 未来 将来 现在
早上 早晨 清晨 上午 | 晚上 夜晚 下午
允许 同意 接受 | 禁止 拒绝 反对
记得 | 忘记
增强 加强 | 减弱 削弱
积极 主动 乐观 | 消极 被动 悲观
公开 | 秘密
真实 真正 | 虚假
热 炎热 | 冷 寒冷
新 最新 | 旧 陈旧
大 巨大 庞大 | 小 微小
"""

# Of each line every word is another thing than the rest.
ROWS = """
zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million billion trillion
first second third fourth fifth sixth seventh last next previous
half quarter double triple twice once
monday tuesday wednesday thursday friday saturday sunday weekend weekday today tomorrow yesterday tonight
january february march april may june july august september october november december
spring summer autumn fall winter
morning noon afternoon evening night midnight
second minute minutes hour hours day days week weeks month months year years decade century daily weekly monthly yearly annual
breakfast lunch dinner supper brunch
red orange yellow green blue purple violet pink brown black white grey gray gold golden silver
dollar dollars euro euros pound pounds cent cents yen rupee rupees franc
north south east west
father mother son daughter brother sister uncle aunt cousin nephew niece grandfather grandmother husband wife parents dad mom
english french german spanish italian russian chinese japanese korean arabic portuguese dutch indian american british european asian african
england france germany spain italy russia china japan korea india america britain europe asia africa canada australia brazil mexico london paris berlin
dog cat horse cow pig bird fish sheep goat chicken duck lion tiger bear wolf mouse rat
apple banana orange lemon grape cherry peach pear
tea coffee beer wine water milk juice
football basketball baseball tennis golf hockey cricket soccer rugby volleyball
visa mastercard paypal
app website phone email mail laptop tablet computer
card account bank cash cheque check
topup transfer payment withdrawal deposit refund
comedy drama thriller horror romance western documentary
早餐 午餐 晚餐 宵夜 早饭 午饭 晚饭
春天 夏天 秋天 冬天 春季 夏季 秋季 冬季
周一 周二 周三 周四 周五 周六 周日 星期一 星期二 星期三 星期四 星期五 星期六 星期日 今天 明天 昨天 昨日 今日 明日 后天 前天
早上 上午 中午 下午 晚上 凌晨 半夜 早晨 清晨 傍晚
今年 明年 去年 前年 本月 上月 下月 每天 每年 每月 每周
红色 橙色 黄色 绿色 蓝色 紫色 粉色 黑色 白色 灰色 金色 银色
爸爸 妈妈 父亲 母亲 哥哥 姐姐 弟弟 妹妹 儿子 女儿 爷爷 奶奶 丈夫 妻子 孩子 子女
北京 上海 广州 深圳 天津 重庆 南京 杭州 武汉 成都 西安 香港 台湾 澳门 广东 浙江 江苏 四川 山东
中国 美国 英国 法国 德国 日本 韩国 俄罗斯 印度 意大利 西班牙 加拿大 澳大利亚 巴西
中文 英文 法文 日文 英语 法语 德语 日语 汉语 韩语
酒店 客房 餐厅 酒吧 浴室 卧室 厨房 客厅 阳台 大堂 前台 套房 别墅 民宿 宾馆
银行 保险 证券 基金 股票 债券 存款 贷款 信贷 金融 金融机构 央行 信用卡 保险公司
电影 电视 小说 游戏 音乐 动漫 漫画 视频 书 影院 电视剧
足球 篮球 排球 网球 羽毛球 乒乓球
手机 电脑 平板 相机 电视机 空调 冰箱 洗衣机
老师 学生 医生 护士 警察 律师 记者 作家 演员 导演 歌手 教授 司机 工程师
小学 中学 大学 高中 初中 幼儿园 研究生 本科
飞机 火车 汽车 公交 地铁 出租车 自行车 高铁 轮船
苹果 香蕉 橙子 葡萄 西瓜 草莓
空军 海军 陆军 军队
charge charges charged battery
card cards deck decks
时候 时间 时期 时刻 期间
房价 买房 购房 房租 租房
更好 最好 较好 更多 最多 更大 最大
房间 家具 桌子 椅子 窗户 玻璃 电梯 床 床上
一般 通常 普通
衣服 洗衣 裤子 鞋子
经济 经贸 财经 金融 贸易
估计 观测
游客 景点 景区
夫人 女人
东部 西部 南部 北部 东方 西方 南方 北方
"""


@cache
def _sides() -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Word -> lines on whose left side, and on whose right side, it stands."""
    left: dict[str, set[int]] = {}
    right: dict[str, set[int]] = {}
    for number, line in enumerate(PAIRS.strip().splitlines()):
        for side, words in zip((left, right), line.split("|"), strict=True):
            for word in words.split():
                side.setdefault(word, set()).add(number)
    return left, right


@cache
def _rows() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(ROWS.strip().splitlines()):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return found


def opposed(one: str, other: str) -> bool:
    """Whether one word is known to be the opposite of the other, or another thing of the same kind."""
    left, right = _sides()
    none: set[int] = set()
    across = left.get(one, none) & right.get(other, none) or left.get(other, none) & right.get(one, none)
    return bool(across or _rows().get(one, none) & _rows().get(other, none))


def is_row(word: str) -> bool:
    """Whether a word belongs to a row of which each is something else; such words are best left alone."""
    return word in _rows()
