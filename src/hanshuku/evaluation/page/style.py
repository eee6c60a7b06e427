"""The page's style: one column that fits a phone, light and dark by the reader's wish, and print. Contrasts are AA or better."""

from __future__ import annotations

STYLE = """
:root{--paper:#fff;--ink:#1c2530;--soft:#52606d;--rule:#d5dbe1;--ground:#f3f5f7;--main:#0b5f8a;--good:#0b6e4f;--bad:#b3261e;--mark:#8a5a00;--hit:11 110 79;--miss:179 38 30}
@media (prefers-color-scheme:dark){:root{--paper:#14191f;--ink:#e6eaee;--soft:#a9b4bf;--rule:#38424c;--ground:#1e252d;--main:#6cb8e0;--good:#63c6a0;--bad:#ff8f86;--mark:#e0b25a;--hit:99 198 160;--miss:255 143 134}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1rem;max-width:62rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:.4rem 0}h2{font-size:1.25rem;margin:2.2rem 0 .5rem;padding-top:.6rem;border-top:1px solid var(--rule)}h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
#h-short{border:0;margin-top:1rem;padding:0}
p{margin:.5rem 0}a{color:var(--main)}a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:3px solid var(--main);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.4rem .8rem;z-index:9}
.verdict{font-size:1.15rem;font-weight:600}.note,figcaption,caption,dt{color:var(--soft);font-size:.9rem}.says{font-weight:600}
.warn{border-left:4px solid var(--mark);padding:.3rem .8rem;background:var(--ground)}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem .9rem;list-style:none;margin:1rem 0;padding:.6rem .8rem;background:var(--ground);border-radius:.4rem}
.short{padding-left:1.2rem}.short li{margin:.35rem 0}.short a{font-weight:600}
.wide{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;min-width:100%;font-size:.92rem}
caption{text-align:left;padding:.2rem 0;caption-side:top}th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;overflow-wrap:normal}
thead th{border-bottom:2px solid var(--rule);font-weight:600;vertical-align:bottom;white-space:normal!important}tbody th{font-weight:500;min-width:8rem;max-width:22rem;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.text{text-align:left;white-space:normal;min-width:12rem}.good{color:var(--good)}.bad{color:var(--bad)}.weak{color:var(--soft)}
dl{margin:.8rem 0}dl div{display:grid;grid-template-columns:minmax(7rem,13rem) 1fr;gap:.2rem 1rem;padding:.25rem 0;border-bottom:1px solid var(--rule)}dd{margin:0;overflow-wrap:anywhere}
code{font:.88em ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
details{margin:.6rem 0}summary{cursor:pointer;padding:.3rem 0;color:var(--main)}
figure{margin:1rem 0}figure svg{display:block;max-width:100%;height:auto}.side{display:flex;flex-wrap:wrap;gap:0 2rem}.side figure{flex:1 1 20rem}
svg text{fill:var(--ink);font:11px system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif}svg .name{font-size:12px}svg .over{fill:var(--paper)}
.grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft)}.line{fill:none;stroke-width:2}.bar{fill:none;stroke-width:1.3}
.main{stroke:var(--main)}.other{stroke:var(--mark)}.soft{stroke:var(--soft)}.line.soft{stroke-dasharray:2 4}.line.other{stroke-dasharray:7 4}
.dot.main{fill:var(--main)}.dot.other{fill:var(--mark)}.dot.soft{fill:var(--soft)}
.whisker{width:7.5rem;height:.9rem;vertical-align:-.1rem}.track{stroke:var(--rule);stroke-width:5;stroke-linecap:round}.range{stroke:var(--main);stroke-width:5;stroke-opacity:.45}.mark{stroke:var(--mark);stroke-width:2}
.ground{fill:var(--ground)}.hit{fill:rgb(var(--hit))}.miss{fill:rgb(var(--miss))}
ol{padding-left:1.6rem}ol li{margin:.8rem 0}.row{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--ground);padding:.4rem .7rem;border-radius:.3rem}
.is-missed,.is-right{border-bottom:2px solid var(--good)}.is-right{background:rgb(var(--hit)/.18)}.is-wrong{text-decoration:underline 2px dashed var(--bad);text-underline-offset:.35em;background:rgb(var(--miss)/.12)}.sign{margin:0 .25em;font-size:.78em;font-weight:600;white-space:nowrap}
footer{margin-top:3rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.9rem}
@media (max-width:40rem){body{padding:.8rem}.pic{display:none}table{font-size:.86rem}th,td{padding-right:.45rem}tbody th{min-width:4.5rem}
.stacks,.stacks tbody,.stacks caption{display:block}.stacks thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
.stacks tr{display:grid;grid-template-columns:1fr;gap:0 1rem;padding:.4rem 0;border-bottom:1px solid var(--rule)}.stacks th,.stacks td{border:0;padding:.1rem 0;max-width:none;min-width:0}.stacks th{grid-column:1/-1;font-weight:600}.stacks td{display:flex;justify-content:space-between;gap:.5rem;text-align:right;white-space:normal}.stacks td::before{content:attr(data-head);color:var(--soft);text-align:left}.stacks td.text,.stacks td:empty{grid-column:1/-1}.stacks td:empty,.stacks .pic{display:none}dl div{grid-template-columns:1fr}h1{font-size:1.35rem}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--ground:#f3f3f3;--main:#0b5f8a;--good:#0b6e4f;--bad:#b3261e;--mark:#8a5a00;--hit:11 110 79;--miss:179 38 30}
body{max-width:none;padding:0;font-size:10pt}nav,.skip{display:none}.wide{overflow:visible}h2,h3,caption{break-after:avoid}figure,tr{break-inside:avoid}details:not([open])>*{display:block}details::details-content{content-visibility:visible;block-size:auto}a{color:inherit;text-decoration:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
