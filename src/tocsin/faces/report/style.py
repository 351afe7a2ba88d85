"""The style sheet: light and dark, screen and paper, and the switch between the two languages."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.faces.report.view import hex_colour
from tocsin.insight.backtest import LevelCard

DASHES = ("2 4", "10 4", "6 3 2 3", "14 3", "none")


def sheet(levels: Sequence[LevelCard]) -> str:
    """The whole sheet, with a colour, a texture and a dash for each level (0: all, above the highest: nothing).

    On paper the textures give way to plain colour with white seams: browsers print a texture as a bitmap.
    """
    rules = [".level0{fill:var(--line)}", f".level{len(levels) + 1}{{fill:var(--paper);stroke:var(--faint)}}"]
    rules += [".cost0{stroke:var(--faint);stroke-dasharray:2 4}", f".cost{len(levels) + 1}{{stroke:var(--faint)}}"]
    for number, level in enumerate(levels, 1):
        colour = hex_colour(level.colour)
        rules.append(f".fill{number}{{fill:{colour}}}.level{number}{{fill:url(#level{number})}}")
        rules.append(f"@media print{{.level{number}{{fill:{colour};stroke:#fff}}}}")
        rules.append(f".cost{number}{{stroke:{colour};stroke-dasharray:{DASHES[number % len(DASHES)]}}}")
    return SHEET + "\n".join(rules)


SHEET = """
:root{--paper:#fff;--ground:#f5f6f8;--ink:#17202b;--soft:#55606e;--faint:#8a94a1;--line:#dfe3e8;--hair:#edf0f3;
--accent:#23527c;--second:#7fa6c9;--tint:#e8eff6;--act:#a4262c;--look:#7a5a00;--good:#1d6b45}
@media (prefers-color-scheme:dark){:root{--paper:#161c24;--ground:#0f141a;--ink:#e6ebf1;--soft:#a5b0bd;--faint:#74808e;
--line:#2d3743;--hair:#222a34;--accent:#8fbbe4;--second:#4c77a0;--tint:#1b2733;--act:#ff8f8f;--look:#e6c35c;--good:#76d1a2}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.6 "Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",
system-ui,sans-serif;font-variant-numeric:tabular-nums}
:lang(zh-CN){line-height:1.75;text-autospace:normal}
.language{position:absolute;opacity:0;pointer-events:none}
#en:checked~* .zh,#zh:checked~* .en{display:none}
header,main{max-width:1096px;margin:0 auto;padding:0 24px}
header{padding-top:40px;padding-bottom:8px}
.bar-top{display:flex;justify-content:space-between;align-items:center;gap:16px}
.over{margin:0;color:var(--soft);font-size:14px;letter-spacing:.04em}
h1{margin:20px 0 6px;font-size:34px;line-height:1.25;font-weight:650;letter-spacing:-.01em}
.under{margin:0 0 20px;color:var(--soft)}
.under span+span::before{content:"";display:inline-block;
width:1px;height:.9em;margin:0 12px -1px;background:var(--line)}
.under .en+.zh::before{content:none}
.switch{display:flex;border:1px solid var(--line);border-radius:999px;overflow:hidden;background:var(--paper)}
.switch label{padding:4px 16px;font-size:14px;cursor:pointer;color:var(--soft)}
#en:checked~header label[for=en],#zh:checked~header label[for=zh]{background:var(--accent);color:var(--paper)}
#en:focus-visible~header .switch,#zh:focus-visible~header .switch{outline:3px solid var(--second);outline-offset:2px}
section{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:32px 36px;margin:0 0 24px}
h2{margin:0;font-size:22px;line-height:1.35;font-weight:650}
h3{margin:0;font-size:17px;font-weight:650}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
section:has(.quiet){padding:0;border:0;background:none}
.lead{margin:6px 0 20px;color:var(--soft);max-width:76ch;text-wrap:pretty}
.verdict{margin:10px 0 0;font-size:18.5px;line-height:1.75;max-width:94ch;text-wrap:pretty}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:16px}
.card{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:20px 22px}
.card p{margin:0}
.card .label{font-size:14px;color:var(--soft)}
.card .value{font-size:32px;line-height:1.4;font-weight:600;letter-spacing:-.01em}
.card .note{font-size:13.5px;line-height:1.5;color:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:6px 24px;list-style:none;
margin:0 0 12px;padding:0;font-size:14px;color:var(--soft)}
.legend li,.chip{display:inline-flex;align-items:center;gap:8px;white-space:nowrap}
.swatch{flex:none;border-radius:3px;vertical-align:-2px}
td>.swatch{margin-right:8px}
.hidden{position:absolute}
.chart{overflow-x:auto}
.chart svg{display:block;width:100%;min-width:720px;height:auto;overflow:visible}
.chart.small svg{min-width:320px;max-width:560px}
.halves{display:grid;grid-template-columns:1fr 1fr;gap:36px}
.halves .lead{font-size:14.5px;min-height:3.2em;margin-bottom:10px}
text{font-size:13px;fill:var(--ink)}
.tick,text.note{fill:var(--soft)}
text.label,text.value{font-size:13.5px}
text.value{font-weight:600}
.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--hair)}.axis{stroke:var(--faint)}
.texture{stroke:#fff;stroke-opacity:.42;stroke-width:1.6;fill:none}
.trace{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.trace-dot{fill:var(--accent)}
.area{fill:var(--tint)}
.spread{fill:var(--second);opacity:.7}
.reference{stroke:var(--soft);stroke-dasharray:5 4}
.ceiling{fill:none;stroke:var(--faint);stroke-width:1}
.precision{fill:var(--accent)}.recall{fill:var(--second)}.money{fill:var(--tint);stroke:var(--second)}
.spot{stroke:var(--paper);stroke-width:2}
.cost{fill:none;stroke-width:2}
.envelope{fill:none;stroke:var(--ink);stroke-width:6;stroke-opacity:.28;stroke-linejoin:round;stroke-linecap:round}
.drop{stroke:var(--soft);stroke-dasharray:2 3}
.table{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14.5px;line-height:1.5}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:10px 12px;text-align:left;vertical-align:top;font-weight:400;border-bottom:1px solid var(--hair)}
thead th{color:var(--soft);font-size:13.5px;border-bottom-color:var(--line);vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
tbody th{min-width:200px}
.number{text-align:right;white-space:nowrap}
thead .number{white-space:normal}
code{font:600 14px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.sentence{margin:3px 0 0;color:var(--soft);max-width:52ch;overflow-wrap:anywhere}
.bar{display:block;margin-top:5px}
.kind{margin-right:8px}.act{color:var(--act)}.look{color:var(--look)}.good{color:var(--good)}
.note-box{margin:0;padding:18px 22px;border-radius:10px;background:var(--tint);max-width:82ch}
.note-box p{margin:0 0 4px}
section>.table+.note-box{margin-top:20px}
.chart+.table{margin-top:20px}
details{margin-top:14px}
summary{cursor:pointer;color:var(--accent);font-size:14.5px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 28px;margin:16px 0 24px;font-size:14.5px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.notes{margin:0;padding-left:20px;font-size:14px;color:var(--soft)}
.notes li{margin-bottom:6px}
@media screen and (max-width:860px){.cards{grid-template-columns:1fr 1fr}.halves{grid-template-columns:1fr}
section{padding:24px 20px}header,main{padding-left:14px;padding-right:14px}h1{font-size:27px}}
@media screen and (max-width:420px){.cards{grid-template-columns:1fr}}
@media print{
:root{--paper:#fff;--ground:#fff;--ink:#000;--soft:#444;--faint:#777;--line:#ccc;--hair:#e6e6e6;--accent:#23527c;
--second:#7fa6c9;--tint:#eef3f8;--act:#a4262c;--look:#7a5a00;--good:#1d6b45}
@page{margin:14mm}body{font-size:12px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
header,main{max-width:none;padding:0}section{border:0;border-radius:0;padding:0;margin:0 0 28px}
.switch,summary{display:none}
details::details-content{content-visibility:visible;block-size:auto}
h2,h3{break-after:avoid}.chart,.card,tr,.cards,.note-box{break-inside:avoid}
.chart svg{min-width:0}.chart,.table{overflow:visible}.verdict{font-size:14px}
.card{padding:10px 12px}.card .value{font-size:20px}
.card .label,.card .note,table,thead th,code,.legend,dl,.notes,.halves .lead{font-size:11px}
th,td{padding:5px 7px}tbody th{min-width:150px}.bar{width:90px}text,text.label,text.value{font-size:15px}}
"""
HELD = """
.verdict-confirmed{fill:var(--accent)}.verdict-false{fill:var(--look)}.verdict-undecided{fill:var(--line)}
.on-confirmed,.on-false{fill:var(--paper);font-weight:600}.on-undecided{fill:var(--ink)}
.lasts{fill:none;stroke-width:1.8}.lasts1{stroke:var(--act);stroke-dasharray:9 4}
.lasts2{stroke:var(--look);stroke-dasharray:2 4}.lasts3{stroke:var(--good);stroke-dasharray:6 3 2 3}
.lasts4{stroke:var(--soft);stroke-dasharray:14 3}.clear{fill:transparent}
.whisker{stroke:var(--ink);stroke-width:2;stroke-opacity:.75}.whisker.under{stroke:var(--paper);stroke-width:5;stroke-opacity:.8}.whisker.half{stroke:var(--second)}.whisker.most{stroke:var(--accent)}
.gauge.half{fill:var(--second)}.gauge.most{fill:var(--accent)}
#notes+.notes{margin-top:14px}
.arm-held_out{fill:var(--second)}.arm-restricted{fill:var(--accent)}
"""
