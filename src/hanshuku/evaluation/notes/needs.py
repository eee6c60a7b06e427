"""What a part of a report lacked: a package, a model. The words of other programs stand in quotes as they are."""

from __future__ import annotations

from hanshuku.evaluation.notes.forms import Forms, sentence

PURPOSES = Forms(
    (
        ("Cutting Chinese into words", "中文分词"), ("Chinese characters that sound alike", "查找同音字"), ("Traditional and simplified Chinese", "繁简转换"),
        ("Near words", "查找近义词"), ("Running a model", "运行模型"), ("Converting {model}", "转换模型 {model}"),
    )
)  # fmt: skip

FAULTS = Forms(
    (
        ("{file} is missing", "缺少 {file}"), ("{file} has {n} bytes instead of {n2}", "{file} 有 {n} 字节，应为 {n2}"), ("it has no weights", "没有权重"),
    )
)  # fmt: skip

HUB = Forms(
    (
        ("it is on no hub", "它不在模型站上"), ("huggingface_hub is not installed", "没有安装 huggingface_hub"), ("{url} cannot be reached: {error}", "{url} 无法连接"),
        ("the hub wants a login or a consent first (HTTP {n}); run 'hf auth login'", "模型站要求先登录或同意条款（HTTP {n}），请运行“hf auth login”"),
        ("the hub has no such model or revision (HTTP 404)", "模型站没有这个模型或版本（HTTP 404）"), ("{error}: {message}", "{error}：“{message}”"),
    )
)  # fmt: skip

PIP = Forms(
    (
        ("pip could not download {names}: {message}", "pip 未能下载 {names}：“{message}”"),
        ("pip is not installed for {python}; run '{python} -m ensurepip', or 'uv pip install pip', and pull again", "{python} 没有 pip，请运行“{python} -m ensurepip”或“uv pip install pip”后重新下载"),
    )
)  # fmt: skip

REASONS = Forms(
    (
        ("the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE)", "网络已关闭（HANSHUKU_OFFLINE 或 HF_HUB_OFFLINE）"),
        ("the hub could not give it ({hub})", "模型站未能提供（{hub}）"), ("could not be fetched: {hub}; {pip}", "未能下载：{hub}；{pip}"),
    ),
    {"hub": sentence(HUB), "pip": sentence(PIP)},
)  # fmt: skip

MISMATCH = (
    "{file} has SHA-256 {received}; expected {expected}. Nothing was kept. Pull again; if it stays so, the source has changed: do not use it, and tell its authors and us.",
    "{file} 的 SHA-256 是 {received}，应为 {expected}，未予保留。请重新下载；若仍如此，则来源已变：请勿使用，并告知其作者和我们。",
)
OUT = (
    (" Do one of these: (1) run 'hanshuku models pull {model}' where there is a network and copy the folder that it names to {place}; "
    "(2) set HANSHUKU_CACHE to a cache that has it; (3) give a folder with the model instead of its name."),
    ("请任选其一：（1）在有网络的地方运行“hanshuku models pull {model}”，把它指出的文件夹复制到 {place}；"
    "（2）把 HANSHUKU_CACHE 设为已有此模型的缓存；（3）不用名称，而给出模型所在的文件夹。"),
)

NEEDS = Forms(
    (
        ('{purpose} needs the package {package}, which is not installed. Run: pip install "hanshuku[{extra}]"', '{purpose}需要软件包{package}，而它没有安装。请运行：pip install "hanshuku[{extra}]"'),
        ("The model '{model}' is not in the cache and {reason}." + OUT[0], "模型“{model}”不在缓存中，{reason}。" + OUT[1]),
        ("The model '{model}' is damaged in the cache ({fault}) and {reason}." + OUT[0], "模型“{model}”在缓存中已损坏（{fault}），{reason}。" + OUT[1]),
        (
            "{model} comes under the {licence} ({url}). If you accept them: --accept-licence, accept_licence=True, or HANSHUKU_ACCEPT_LICENCE={model}. Without: {others} need no such consent.",
            "{model} 的许可证是“{licence}”（{url}）。若接受，请用 --accept-licence、accept_licence=True 或 HANSHUKU_ACCEPT_LICENCE={model}。",
        ),
        ("In the hub library's own cache, {mismatch} Remove {place} first.", "在模型站程序库自己的缓存中，{mismatch}请先删除 {place}。"),
        MISMATCH,
        ("{file} is damaged ({message}). Nothing was kept; pull again, if need be after 'pip cache purge'.", "{file} 已损坏（“{message}”），未予保留。请重新下载，必要时先运行“pip cache purge”。"),
        ("{file} is damaged ({message}). Remove its folder and pull the model again.", "{file} 已损坏（“{message}”）。请删除其文件夹，再重新下载模型。"),
        ("{file} cannot be loaded: {message}", "{file} 无法加载：“{message}”。"),
        ("{file} has no tokenizer. Put tokenizer.json of this model beside its weights.", "{file} 没有分词器。请把此模型的 tokenizer.json 放在权重旁边。"),
    ),
    {
        "purpose": (".+?", lambda text: PURPOSES.told(text) or "此项"), "package": (r"'[^']+'", lambda text: f"“{text[1:-1]}”"),
        "reason": sentence(REASONS), "fault": sentence(FAULTS), "mismatch": sentence(Forms((MISMATCH,))),
    },
)  # fmt: skip
