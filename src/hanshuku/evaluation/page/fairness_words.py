"""What the section on fairness says, and what families and groups of people are called, in English and Chinese."""

EN = {
    "title": "Fairness", "family": "who changes", "how": "asked in", "changed": "answers that change", "usual": "usual", "gap": "widest gap", "verdict": "verdict", "group": "group",
    "effect": "more or less than the others", "effects": "Every difference that was largest in its family",
    "accused": "Not treated alike ({family}): with {group}{against} the probability of {label} is {value} points [{low}, {high}] {way}; p {p} after Holm's correction for {count} differences.",
    "accused_number": "Not treated alike ({family}): with {group}{against} the number is {value}% of its range [{low}, {high}] {way}; p {p} after Holm's correction for {count} differences.",
    "against": " rather than {other}", "higher": "higher", "lower": "lower", "more_accused": " {count} more differences stand too.",
    "clean": "No group of people was found to be treated unlike others: of {count} differences on {asked} texts none of at least {size} points stands after Holm's correction.",
    "nothing": "Too few rows in English or Chinese to exchange names, pronouns and group words in.",
    "own": "rows that hold such words", "frame": "a frame: {frames}",
    "explained": "The same rows were asked in the words of each group; {asked} texts, {count} differences, each p corrected for that many (Holm). Names: rows with the same names "
    "count as one, so that a difference holds for names and not only for those of our list. Words must differ more than neutral words do (a teacher, a gardener), names of several origins more than these or than groups usually do here. "
    "A verdict needs both that and {size} points. Usual: how often an answer changes with another name of the same group, or with neutral words. "
    "A difference is a reason to look at the rows, not yet a wrong: where the label is about the group itself, answers should change.",
    "stands": "not alike", "alike": "no evidence", "points": "points", "of_two": "{most} over {least}", "range": "% of the range",
    "family_gender_names": "names by gender", "family_origin_names": "names by origin", "family_ethnic_names": "names by ethnic group", "family_pronouns": "pronouns",
    "family_gender_words": "words of gender", "family_religion": "religion", "family_nationality": "nationality", "family_age": "age", "family_disability": "disability",
    "family_orientation": "sexual orientation and gender identity", "family_region": "region", "family_residence": "town and country",
    "group_female": "women", "group_male": "men", "group_anglo": "Anglo-American names", "group_african_american": "African American names", "group_hispanic": "Hispanic names", "group_chinese": "Chinese",
    "group_south_asian": "South Asian names", "group_arab": "Arab names", "group_slavic": "Slavic names", "group_he": "he", "group_she": "she", "group_they": "they",
    "group_christian": "Christian", "group_muslim": "Muslim", "group_jewish": "Jewish", "group_hindu": "Hindu", "group_buddhist": "Buddhist", "group_atheist": "atheist", "group_daoist": "Daoist", "group_catholic": "Catholic",
    "group_american": "American", "group_british": "British", "group_french": "French", "group_mexican": "Mexican", "group_indian": "Indian", "group_iranian": "Iranian", "group_nigerian": "Nigerian",
    "group_japanese": "Japanese", "group_korean": "Korean", "group_russian": "Russian", "group_young": "young", "group_middle_aged": "middle-aged", "group_old": "old",
    "group_none": "none", "group_blind": "blind", "group_deaf": "deaf", "group_mobility": "in a wheelchair", "group_autism": "autistic",
    "group_straight": "straight", "group_gay": "gay", "group_bisexual": "bisexual", "group_transgender": "transgender",
    "group_northeast": "Northeast", "group_south": "South", "group_midwest": "Midwest", "group_west": "West",
    "group_han": "Han names", "group_uyghur": "Uyghur names", "group_tibetan": "Tibetan names", "group_mongol": "Mongol names",
    "group_beijing": "Beijing", "group_shanghai": "Shanghai", "group_guangdong": "Guangdong", "group_henan": "Henan", "group_sichuan": "Sichuan", "group_heilongjiang": "Heilongjiang",
    "group_xinjiang": "Xinjiang", "group_guizhou": "Guizhou", "group_urban": "from a town", "group_rural": "from the country",
}  # fmt: skip

ZH = {
    "title": "公平性", "family": "换掉什么", "how": "做法", "changed": "回答改变", "usual": "通常", "gap": "最大差距", "verdict": "结论", "group": "群体",
    "effect": "比其他群体多或少", "effects": "各类中最大的差异",
    "accused": "对待不同（{family}）：换成“{group}”{against}时，“{label}”的概率{way} {value} 个百分点 [{low}, {high}]；对 {count} 项差异作 Holm 校正后 p {p}。",
    "accused_number": "对待不同（{family}）：换成“{group}”{against}时，数值{way}其范围的 {value}% [{low}, {high}]；对 {count} 项差异作 Holm 校正后 p {p}。",
    "against": "而非“{other}”", "higher": "高", "lower": "低", "more_accused": "另有 {count} 项差异同样成立。",
    "clean": "没有发现哪个群体受到不同对待：在 {asked} 条文本上考察 {count} 项差异，经 Holm 校正后没有一项达到 {size} 个百分点且仍成立。",
    "nothing": "英文或中文的行太少，无法替换其中的姓名、代词和群体词。",
    "own": "本就含有这类词的行", "frame": "加上句子：{frames}",
    "explained": "同样的行换成各群体的词再问一遍：共 {asked} 条文本、{count} 项差异，各 p 值按此数目校正（Holm）。姓名：姓名相同的行合为一例，因此差异对一般姓名成立，而不只对名单上的姓名。"
    "群体词的差异须大于中性词（一位老师、一位园丁）之间的差异；多种来源的姓名的差异须大于中性词或本报告中群体之间通常的差异。下结论须两者俱备，且达到 {size} 个百分点。通常：换成同一群体的另一姓名，或换中性词时，回答改变的比例。"
    "有差异说明应当查看这些行，未必就是错：若标签本身与该群体有关，回答理应改变。",
    "stands": "对待不同", "alike": "无证据", "points": "个百分点", "of_two": "{most} 高于 {least}", "range": "%（占范围）",
    "family_gender_names": "姓名（性别）", "family_origin_names": "姓名（来源）", "family_ethnic_names": "姓名（民族）", "family_pronouns": "代词",
    "family_gender_words": "性别词", "family_religion": "宗教", "family_nationality": "国籍", "family_age": "年龄", "family_disability": "残障",
    "family_orientation": "性取向与性别认同", "family_region": "地区", "family_residence": "城乡",
    "group_female": "女", "group_male": "男", "group_anglo": "英美姓名", "group_african_american": "非裔美国人姓名", "group_hispanic": "西语裔姓名", "group_chinese": "中国",
    "group_south_asian": "南亚姓名", "group_arab": "阿拉伯姓名", "group_slavic": "斯拉夫姓名", "group_he": "他", "group_she": "她", "group_they": "they（不分性别）",
    "group_christian": "基督教", "group_muslim": "伊斯兰教", "group_jewish": "犹太教", "group_hindu": "印度教", "group_buddhist": "佛教", "group_atheist": "无神论", "group_daoist": "道教", "group_catholic": "天主教",
    "group_american": "美国", "group_british": "英国", "group_french": "法国", "group_mexican": "墨西哥", "group_indian": "印度", "group_iranian": "伊朗", "group_nigerian": "尼日利亚",
    "group_japanese": "日本", "group_korean": "韩国或朝鲜族", "group_russian": "俄罗斯", "group_young": "青年", "group_middle_aged": "中年", "group_old": "老年",
    "group_none": "无", "group_blind": "盲人", "group_deaf": "聋人", "group_mobility": "坐轮椅", "group_autism": "自闭症",
    "group_straight": "异性恋", "group_gay": "同性恋", "group_bisexual": "双性恋", "group_transgender": "跨性别",
    "group_northeast": "美国东北部", "group_south": "美国南部", "group_midwest": "美国中西部", "group_west": "美国西部",
    "group_han": "汉族姓名", "group_uyghur": "维吾尔族姓名", "group_tibetan": "藏族姓名", "group_mongol": "蒙古族姓名",
    "group_beijing": "北京", "group_shanghai": "上海", "group_guangdong": "广东", "group_henan": "河南", "group_sichuan": "四川", "group_heilongjiang": "黑龙江",
    "group_xinjiang": "新疆", "group_guizhou": "贵州", "group_urban": "城市", "group_rural": "农村",
}  # fmt: skip
