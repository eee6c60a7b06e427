"""What speaks for an attack on an instruction: name, score 0..1, form on folded text. Quantifiers have limits, so that the time is linear."""

from __future__ import annotations

import re


def _any(form: str) -> re.Pattern[str]:
    return re.compile(form, re.IGNORECASE)


_THING = r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|programming|constraints?|commands?|orders|training|configuration|context|messages?|conversation)"
_OLD = r"(?:previous(?:ly)?|prior|above|earlier|preceding|all|any|your|these|those|everything|system|initial|original|existing|past|former|foregoing)"
_OVER = r"(?:ignore|disregard|forget|override|overrule|bypass|circumvent|discard|drop|neglect|set aside|pay no attention to|do not (?:follow|obey|listen to)|don't (?:follow|obey|listen to)|stop following|no longer follow|cancel|erase|delete|void|scrap)"
_FREE = (
    r"(?:(?-i:\bDAN\b)|do anything now|unrestricted|unfiltered|uncensored|jailbr(?:eak|oken)|(?:no|without|free (?:of|from)|not bound by|ignor\w{1,4}|outside)(?: any| all| your| its)? (?:\w{1,12} ){0,2}"
    r"(?:restrictions?|rules?|limits?|limitations?|filters?|guidelines?|ethics|morals?|policies|policy|censorship|boundaries)|(?:developer|god|admin|root|debug|sudo|unsafe) mode|amoral|evil)"
)
_ROLE = r"(?:you are now|you're now|from now on,? you|pretend (?:to be|you are|you're|that you)|act (?:as|like)|role-?play(?:ing)? as|simulate|imagine (?:that )?you are|assume the (?:role|persona|identity)|become|switch (?:in)?to|enter|enable|activate|respond as|answer as|behave (?:as|like))"
_TELL = r"(?:reveal|show|print|repeat|output|display|tell|give|leak|dump|recite|disclose|expose|share|write|copy|paste|translate|summari[sz]e|encode|spell|list|type|what (?:is|are|was|were|does|do)|what's)"
_HIDDEN = (
    r"(?:(?:system|initial|hidden|secret|internal|original|pre-?|developer|first) ?(?:prompts?|instructions?|messages?|directives?|rules)|your (?:\w{1,12} ){0,2}(?:instructions?|prompt|guidelines|directives|rules|configuration|programming)(?! ?(?:for|on|about|regarding|to|when|as) )"
    r"|(?:instructions?|prompt|text|words|message|everything|lines?|content)(?: that (?:is|was|came|were))? (?:above(?! the (?!lines?|text|prompt|conversation|message))|before this|you (?:were|have been) (?:given|told)|preceding|at the (?:top|beginning|start) of (?:this|the|our) (?:conversation|chat|prompt)))"
)
_OLD_ZH = r"(?:之前|以前|前面|上面|以上|上述|先前|此前|刚才|所有|一切|任何|你的|系统|原来|原有|现有|初始|既定)"
_THING_ZH = r"(?:指令|指示|提示词?|规则|要求|设定|限制|命令|约束|内容|对话|消息|规定|准则|人设|身份)"
_OVER_ZH = r"(?:忽略|无视|忘记|忘掉|忘了|不要理会|别理|不用管|别管|不要管|绕过|抛弃|抛开|跳过|推翻|取消|清除|不要遵守|别遵守|不再遵守|不必遵守|停止遵守|作废|丢掉|覆盖)"
_HIDDEN_ZH = r"(?:系统提示词?|系统指令|系统消息|初始(?:指令|提示词?|设定)|提示词|prompt|隐藏(?:的)?(?:指令|规则|提示|内容)|内部(?:指令|规则|设定)|你的(?:\w{0,6})?(?:指令|设定|规则|人设|配置)(?!手册|说明)|(?:上面|以上|上述|之前|开头|最初)(?:的)?(?:所有|全部|那段)?(?:指令|指示|设定))"
_ABOVE_ZH = r"(?:上面|以上|上述|之前|开头|最初)(?:的)?(?:所有|全部|那段)?(?:内容|文字|话|消息)"
_NEAR_ZH = r"[^，。；;,.!！?？\n]{0,14}"
_TELL_ZH = r"(?:显示|输出|打印|告诉我|重复|复述|透露|泄露|展示|说出|说一下|给我看|发给我|列出|写出|翻译|背诵|公开|交代|念(?:出来|一遍)?|是什么)"
_FREE_ZH = r"(?:没有(?:任何)?(?:\w{0,4})(?:限制|规则|约束|道德|底线|审查)|不受(?:任何)?(?:\w{0,6})(?:限制|约束|管控|审查)|无限制|无审查|无道德|越狱|DAN|开发者模式|上帝模式|管理员模式|调试模式|不用遵守(?:\w{0,6})(?:规则|规定|政策|限制)|突破(?:\w{0,4})限制|解除(?:\w{0,6})限制)"

SIGNALS: tuple[tuple[str, float, re.Pattern[str]], ...] = (
    ("override", 0.9, _any(rf"{_OVER}\b(?:\W{{1,3}}\w{{1,14}}){{0,4}}?\W{{1,3}}{_OLD}\b(?:\W{{1,3}}\w{{1,14}}){{0,4}}?\W{{1,3}}{_THING}\b")),
    ("override", 0.9, _any(rf"{_OVER}\b(?:\W{{1,3}}\w{{1,14}}){{0,3}}?\W{{1,3}}(?:{_THING})\W{{1,3}}(?:\w{{1,14}}\W{{1,3}}){{0,3}}?(?:above|before|given|so far|you (?:were|have|got|received|had))\b")),
    ("override", 0.8, _any(rf"{_OVER}\b(?: \w{{1,12}}){{0,2}}? (?:everything|anything|all|what)(?: that)?(?: (?:i|you|we|they))?(?: (?:was|were|has been|have been|had been|just|ever))?(?: \w{{1,10}})? ?(?:said|told|learn(?:ed|t)|above|before|taught|read)\b")),
    ("override", 0.9, re.compile(rf"{_OVER_ZH}.{{0,10}}?{_OLD_ZH}.{{0,12}}?{_THING_ZH}")),
    ("override", 0.8, re.compile(rf"(?:把|将)?{_OLD_ZH}.{{0,10}}?{_THING_ZH}.{{0,6}}?(?:{_OVER_ZH}|都不算|全部失效|不再有效|失效)")),
    ("override", 0.8, re.compile(r"(?:之前|上面|以上|前面)(?:说的|的话)?(?:都|全|全部)?(?:不算|作废|忘掉|忘了|无效)")),
    ("leak", 0.85, _any(rf"\b{_TELL}\b(?:\W{{1,3}}[\w']{{1,14}}){{0,8}}?\W{{1,3}}{_HIDDEN}")),
    ("leak", 0.6, _any(r"\byour (?:system|initial|hidden|secret|original|exact) (?:prompt|instructions)\b|repeat (?:everything|all|the words|the text|verbatim)[^.]{0,30}\babove\b")),
    ("leak", 0.85, re.compile(rf"{_TELL_ZH}{_NEAR_ZH}?{_HIDDEN_ZH}|{_HIDDEN_ZH}{_NEAR_ZH}?{_TELL_ZH}|(?:输出|打印|重复|复述|透露|泄露|背诵|念(?:出来|一遍)?|翻译){_NEAR_ZH}?{_ABOVE_ZH}|{_ABOVE_ZH}{_NEAR_ZH}?(?:重复|复述|打印|输出|念|背诵|翻译)", re.IGNORECASE)),
    ("role", 0.9, _any(rf"\b{_ROLE}\b[^.\n]{{0,80}}?{_FREE}")),
    ("role", 0.3, _any(r"(?-i:\bDAN\b)(?= (?:mode|prompt|will|can|is))|do anything now|jailbr(?:eak|oken)|developer mode|god mode")),
    ("role", 0.6, _any(r"\b(?:you are|you're) (?:now|no longer)\b[^.\n]{0,40}(?:\bai\b|assistant|model|chatbot|bound|restricted|limited)|stay in character[^.\n]{0,60}(?:no matter|always|never)|never (?:break character|refuse|say no|decline)")),
    ("role", 0.9, re.compile(rf"(?:你现在是|从现在(?:开始|起).{{0,4}}你|假装|扮演|进入|启用|开启|切换到|变成|成为|充当|模拟|想象你|当作|作为一个).{{0,24}}?{_FREE_ZH}", re.IGNORECASE)),
    ("role", 0.35, re.compile(rf"{_FREE_ZH}", re.IGNORECASE)),
    ("role", 0.55, re.compile(r"你(?:现在)?(?:不再是|已经不是).{0,12}(?:助手|AI|模型|客服|机器人)|(?:绝对)?不(?:能|许|准|可以)(?:拒绝|说不)", re.IGNORECASE)),
    ("unsafe", 0.7, _any(r"(?:disable|turn off|remove|switch off|deactivate|lift|suspend|drop|bypass|skip|ignore|without)(?: \w{1,12}){0,3} (?:safety|content|ethical|moral|security) (?:\w{1,12} )?(?:filters?|polic(?:y|ies)|guidelines?|rules?|protocols?|restrictions?|checks?|measures?|guardrails?|warnings?)|(?:disable|turn off|remove|bypass)(?: \w{1,10}){0,2} (?:guardrails?|safeguards?|censorship)")),
    ("unsafe", 0.7, re.compile(r"(?:关闭|关掉|解除|禁用|绕过|去掉|跳过|停用).{0,6}(?:安全|内容|道德|审核|审查|敏感词|防护).{0,4}(?:限制|过滤|策略|机制|规则|检查|审核|系统|功能)?")),
    ("delimiter", 0.95, _any(r"<\|[a-z_]{2,24}\|>|<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|system|user|assistant)|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<\｜|<\|begin▁of▁sentence|</?s>\s*(?:\[INST\]|system|user)")),
    ("delimiter", 0.6, re.compile(r"(?:^|\n)\s{0,4}(?:#{1,4} ?|\*\*|\[|<|\()?(?:system|assistant|developer|SYSTEM|ASSISTANT|System|Assistant|系统|助手)(?: (?:message|prompt|override|update|note|instruction)s?| ?(?:消息|提示|指令|通知))?(?:\]|>|\)|\*\*)?\s?[:：>\]]")),
    ("delimiter", 0.75, _any(r"[\"']role[\"']\s{0,3}:\s{0,3}[\"'](?:system|assistant|developer)|</?(?:system|instructions?|admin|sys|developer|prompt)(?:[ _-]?(?:prompt|message|override))?>|\b(?:end|begin|start) of (?:the )?(?:system |user |developer )?(?:prompts?|instructions?|input|context|messages?)\b|(?:以上|系统)(?:提示|指令|输入)(?:到此)?结束|-{3,} ?(?:end|begin|new) (?:system|instructions?|prompt)")),
    ("new task", 0.55, _any(r"\b(?:new|updated|real|actual|revised|important|special|urgent|correct)(?: \w{1,10})? (?:system )?(?:instructions?|directives?|task|rules|prompt|objective|orders?)\b ?(?:from \w{1,12} ?)?[:：]|\byour (?:new|real|only|true|actual) (?:task|goal|role|objective|job|purpose|instructions?|mission|directive) (?:is|are)\b")),
    ("new task", 0.55, re.compile(r"新(?:的)?(?:指令|任务|规则|系统提示|要求|命令|身份|设定)(?:是|为|如下)?[:：]|你(?:的)?(?:新|真正|唯一|实际)的?(?:任务|指令|目标|身份|职责)(?:是|为)")),
    ("new task", 0.3, _any(r"\binstead,? (?:just |only |please )?(?:say|output|print|respond|write|reply|answer|tell)\b|(?:只|仅)(?:需要?|要|能)?(?:回复|输出|回答|说)[“\"「:：]")),
    ("new task", 0.75, _any(r"\b(?:say|respond with|reply with|output|print|write)\b[^.\n]{0,12}[\"'“]?(?:i have been (?:pwned|hacked)|pwned|hacked|haha pwned|owned)\b")),
    ("authority", 0.45, _any(r"\b(?:i am|i'm|this is|as) (?:your|the|an?) (?:\w{1,12} )?(?:developer|creator|admin(?:istrator)?|programmer|owner|operator|engineer at openai|system administrator|root user)\b")),
    ("access code", 0.4, _any(r"\b(?:override|authori[sz]ation|access|admin|security|bypass) (?:code|key|token|password|phrase)\b[^.\n]{0,20}[:#=0-9]|\bsudo\b|(?:maintenance|debug(?:ging)?|diagnostic|test(?:ing)?|admin|root|privileged) (?:mode|access|override)\b")),
    ("authority", 0.45, re.compile(r"我是你的(?:开发者|管理员|创造者|主人|程序员|老板|设计者)|(?:以|用)?(?:管理员|开发者|最高|root)(?:权限|身份|口令|密令)|维护模式|调试权限")),
    ("exfiltrate", 0.7, _any(r"\b(?:send|post|forward|e-?mail|upload|transmit|append|leak|exfiltrate)\b[^.\n]{0,60}\b(?:conversation|chat (?:history|log)|(?:user|customer|private|personal|other)'?s?(?: users?'?)? (?:data|details|information|messages)|credentials?|api keys?|passwords?|secrets?|database)\b")),
    ("exfiltrate", 0.7, _any(r"!\[[^\]\n]{0,60}\]\(https?://[^)\s]{0,120}(?:\{|%7b|\$|<)|\b(?:other|all|another|previous|every) (?:users?|customers?)'?s? (?:data|details|information|messages|orders|passwords?|chats?|e-?mails?|addresses)\b")),
    ("exfiltrate", 0.7, re.compile(r"(?:发送|发到|上传|转发|泄露|导出|告诉我|给我|列出|输出|显示).{0,16}(?:其他|别的|所有|全部|上一个|前一个)(?:的)?(?:用户|客户|顾客|人)(?:的)?.{0,6}(?:数据|信息|资料|密码|订单|对话|聊天|地址|电话|手机号|记录)")),
    ("exfiltrate", 0.7, _any(r"\b(?:data|details|information|messages|orders|passwords?|chats?|e-?mails?(?: addresses)?|addresses|phone numbers?)\b[^.\n]{0,20}\b(?:other|another|previous) (?:users?|customers?|people|clients?|persons?)\b")),
    ("exfiltrate", 0.7, re.compile(r"(?:其他|别的|所有|全部|上一个)(?:的)?(?:用户|客户|顾客|人)(?:的)?.{0,6}(?:数据|信息|资料|密码|订单|对话|聊天|地址|电话|手机号|记录).{0,8}(?:发到|发给|发送|导出|上传|转发|给我)")),
    ("override", 0.7, _any(rf"\b(?:AIs?|assistants?|language models?|LLMs?|chatbots?)\b[^\n]{{0,60}}?\b{_OVER}\b[^.\n]{{0,40}}?\b{_THING}\b")),
    ("override", 0.65, _any(r"\b(?:opposite of|violate|break|against|contrary to|defy)\b(?: \w{1,10}){0,3}? your (?:\w{1,10} )?(?:rules|guidelines|instructions|policies|programming)\b")),
    ("override", 0.6, re.compile(r"你.{0,12}(?:违反|违背|打破).{0,6}(?:规则|规定|准则|设定|限制|政策)")),
    ("role", 0.85, re.compile(rf"{_FREE_ZH}.{{0,16}}?(?:扮演|假装|模拟|当作)", re.IGNORECASE)),
    ("command", 0.3, re.compile(r"执行(?:以下|下面|如下)?(?:的)?(?:命令|指令|代码)")),
    ("encoded", 0.35, _any(r"\b(?:decode|base64|rot-?13|hex(?:adecimal)?|decrypt|morse|caesar)\b[^\n]{0,60}\b(?:follow|execute|obey|do what|run|carry out|act on|comply)\b|(?:解码|base64|解密).{0,20}(?:执行|照做|按.{0,6}做|遵守|听从)")),
)  # fmt: skip
ROT = re.compile(r"\b(?:vtaber|qvfertneq|sbetrg|vafgehpgvbaf?|cebzcg|erirny)\b", re.IGNORECASE)  # "ignore", "disregard", "forget", "instructions", "prompt", "reveal"
