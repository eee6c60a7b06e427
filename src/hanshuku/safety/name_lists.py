"""Common names, as we know them: enough to tell a name from another word where a sentence suggests one. Written by us; no census was copied."""

from __future__ import annotations

_GIVEN = """aaron abby abdul abigail adam adrian ahmed aidan aisha alan albert alejandro alex alexander alexandra alice alicia alison amanda amber amelia amir amy ana andre andrea andrew angela anil anita
    ann anna anne annie anthony antonio aria arthur asha ashley audrey ava barbara beatrice becky ben benjamin bella beth betty bill bob bonnie brad brandon brenda brian bridget bruce bruno caitlin carl carla carlos carmen
    carol caroline catherine cathy charles charlotte chen chloe chris christian christina christine christopher claire clara colin connor craig cynthia daisy dan daniel daniela danny darren david dawn deborah
    declan deepak denise dennis derek diana diane diego dmitri dominic donald donna dorothy doug douglas dylan ed eddie edward elaine eleanor elena eli elijah elizabeth ella ellen emily emma eric erica erin ethan eva evan
    evelyn farah fatima felix fiona florence frances francesca francis frank fred freya gabriel gareth gary gavin gemma geoffrey george gerald gianni gillian giulia grace graham greg gregory hana hannah
    harold harriet harry hassan heather hector helen helena henry holly howard hugo ian ibrahim ida imran ines ingrid irene iris isaac isabel isabella isla ivan jack jackie jacob jacqueline jake james jamie jan jane janet
    janice jason jasmine javier jay jean jeff jeffrey jennifer jenny jeremy jerry jessica jill jim jimmy joan joanna joe joel johan john johnny jonathan jordan jorge jose joseph joshua joyce juan judith judy julia julian julie
    justin karen karl kate katherine kathleen kathryn katie keith kelly ken kenneth kevin khalid kim kimberly kofi kyle lara laura lauren laurence layla lee leila leo leon leonard leslie liam lily linda lisa
    logan lorraine louis louise lucas lucia lucy luis luke lydia lynn madison maggie malik marc marco marcus margaret maria marie marilyn mario mark martha martin mary mason matt matthew maureen max maya megan mehmet mei
    melanie melissa mia michael michelle miguel mike mila millie mohamed mohammed molly monica morgan nadia nancy naomi natalie natasha nathan neil nicholas nick nicola nicole nigel nina noah noor nora oliver olivia omar oscar owen
    pablo pamela patricia patrick paul paula pedro penny peter phil philip phoebe pierre priya rachel rafael raj rajesh ralph ravi raymond rebecca richard rick riley rita rob robert roberto robin rodrigo roger rohan ron
    ronald rosa rosemary rosie roy ruby russell ruth ryan sally sam samantha samuel sandra sanjay sara sarah scott sean sebastian sergei shannon sharon sheila shirley sienna simon sofia sonia sophia sophie stanley stefan stella
    stephanie stephen steve steven stuart sue suresh susan suzanne sylvia tanya tara ted teresa terry thea theo theresa thomas tiffany tim timothy tina toby todd tom tommy tony tracy trevor tyler valerie vanessa veronica vera
    victor victoria vijay vincent violet virginia vivian walter wanda wayne wei wendy wesley will william xavier yasmin yuki yusuf yvonne zachary zara zoe"""
SURNAMES_ZH = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪解应宗丁宣邓郁单杭洪包左石崔吉龚程邢裴陆荣翁荀羊惠甄曲封芮储靳邴松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权肖涂闫佟岳"
)
COMMON_ZH = frozenset("赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕施张孔曹严金魏陶姜谢邹苏潘葛范彭鲁马方俞任袁柳史唐薛雷贺倪汤罗郝安傅齐康伍余顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪舒项董梁杜贾江郭林钟徐邱骆高夏蔡田胡霍万卢莫丁邓洪崔龚程邢裴陆翁段侯甘武刘詹龙叶黎白赖卓谭廖温庄阎曾聂肖涂闫欧阳冯岳牛尚耿关")
DOUBLE_ZH = ("欧阳", "司马", "诸葛", "上官", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "端木", "夏侯", "南宫")
_NOT_NAMES = """sir madam sirs all team everyone everybody customer customers friend friends colleague colleagues support service sales manager hiring manager editor user users valued guest guests parents student students santa diary god lord
    happy sad sorry glad very not really sure so too still just also always never here there back home writing looking trying going having getting afraid interested unable unhappy pleased new old good great bad fine
    a an the my your our his her their its this that it what how why when where who which no yes ok okay monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december
    english american british chinese french german spanish italian indian japanese canadian australian in on at from for to of with about by and or but if from calling amazing awesome crazy ridiculous awful terrible delivery order account help
    apple google microsoft amazon hanshuku python windows linux urgent important confidential test example
ave avenue street st road rd lane drive park square bridge hall house hotel university college school hospital church museum airport station corp corporation inc ltd llc co company group bank institute foundation award prize cup stadium river lake county city island bay beach funeral club theatre theater library press act"""
_NOT_NAMES_ZH = "白领 高手 高中 高管 高级 金卡 黄金 金牌 方便 安全 安卓 马上 万一 万事 老板 文员 文科 时间 时候 国内 国外 钱包 车主 车费 于是 何时 何处 何必 任何 任意 常客 常用 程序 成年 成都 江南 江西 河南 海外 华为 平台 平时 温馨 和平 通过 通知 都是 关于 单身 双方 包邮 石家 花店 水果 管理 应该 向来 谢谢 许多 计划 谈谈 解决 干净 路过 路人 牛奶 鱼香 全新 全职 全国 强烈 池州 房东 房客 边远 充值 易碎 广州 广东 东北 孟加 查询 查不 洪水 凤凰 云南 康复"
GIVEN = frozenset(_GIVEN.split())
NOT_NAMES = frozenset(_NOT_NAMES.split())  # capitalised words that stand where a name could
NOT_NAMES_ZH = frozenset(_NOT_NAMES_ZH.split())  # words that begin as a surname does
