"""The looks of the report page: light, dark and printed. Colours of outcomes are the workbook's (`palette.FILLS`).

Every text has a contrast of 4.5 : 1 or more to its ground, light and dark (WCAG 2.2, 1.4.3; a test computes it). Never
colour alone: each colour stands beside its word.
"""

from __future__ import annotations

from syncjob.results.palette import FILLS, INK, LINE, MUTED, NAVY, PAPER, PLANNED_BARS

LIGHT = {
    "ground": "#FFFFFF",
    "ink": INK,
    "muted": MUTED,
    "line": LINE,
    "paper": PAPER,
    "title": NAVY,
    "old": "#8A3B12",
    "new": "#0B5394",
    "live": "#0B5A96",
    "on_live": "#FFFFFF",
    "dry": "#FFD24D",
    "on_dry": "#1B2A3A",
}
DARK = {
    "ground": "#12181F",
    "ink": "#E6EBF0",
    "muted": "#A9B5C1",
    "line": "#36424F",
    "paper": "#1C252F",
    "title": "#A8CDF2",
    "old": "#F2A67E",
    "new": "#8CC4F5",
    "live": "#0B5A96",
    "on_live": "#FFFFFF",
    "dry": "#FFD24D",
    "on_dry": "#1B2A3A",
}

BARS_LIGHT = {**{code: full for code, (_, full, _) in FILLS.items()}, **{f"p-{k}": v for k, v in PLANNED_BARS.items()}}
BARS_DARK = {
    **BARS_LIGHT,
    **dict.fromkeys(("created", "added", "p-create", "p-add"), "#3D9BE0"),
    **dict.fromkeys(("updated", "planned", "p-update"), "#86C5F2"),
    **dict.fromkeys(("deleted", "removed", "p-delete", "p-remove"), "#5B86C4"),
    "unchanged": "#8592A0",
    "rejected": "#E0703A",
}


def _variables(names: dict[str, str], bars: dict[str, str]) -> str:
    plain = "".join(f"--{name}:{colour};" for name, colour in names.items())
    return plain + "".join(f"--bar-{code}:{colour};" for code, colour in bars.items())


def _bars() -> str:
    return "".join(f".bar-{code}{{fill:var(--bar-{code});background:var(--bar-{code})}}" for code in BARS_LIGHT)


_PAGE = """
*{box-sizing:border-box}
body{margin:0;padding:2rem 1.25rem 4rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:64rem;margin:auto}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem;color:var(--title)}
h2{font-size:1.25rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;
border-bottom:2px solid var(--title);color:var(--title)}
p{margin:.25rem 0 .75rem}
.banner{padding:.5rem .75rem;border-radius:.375rem;font-weight:700;background:var(--live);color:var(--on_live)}
.banner.dry{background:var(--dry);color:var(--on_dry)}
.headline{font-size:1.25rem;margin:1rem 0}
.muted{color:var(--muted)}
.figures{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;margin:1.5rem 0 0;padding:0}
.figure{flex:1 1 8rem;padding:.75rem 1rem;background:var(--paper);border:1px solid var(--line);
border-left:.375rem solid var(--line);border-radius:.375rem}
.figure strong{display:block;font-size:1.75rem;line-height:1.2;font-variant-numeric:tabular-nums;color:var(--title)}
.figure.sent{border-left-color:var(--bar-created)}
.figure.quiet{border-left-color:var(--bar-unchanged)}
.figure.fix{border-left-color:var(--bar-invalid)}
.figure.ours{border-left-color:var(--bar-failed)}
.chart{display:block;width:100%;height:2.25rem;margin:1rem 0;border-radius:.375rem;overflow:hidden}
.chip{display:inline-block;width:.75em;height:.75em;margin-right:.5em;border-radius:.15em;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--line)}
thead th{position:sticky;top:0;background:var(--ground);border-bottom:2px solid var(--line);white-space:nowrap}
tbody th{font-weight:600}
.group{font-weight:400;padding-top:1.25rem}
.count{text-align:right;white-space:nowrap;padding-right:1.5rem}
.narrow{white-space:nowrap;width:1%;padding-right:1.5rem}
.wide{min-width:14rem}
.value{white-space:pre-wrap}
.short{white-space:pre}
del{color:var(--old)}
ins{color:var(--new);font-weight:600;text-decoration:none}
code{display:block;padding:.5rem .75rem;background:var(--paper);border:1px solid var(--line);border-radius:.25rem;
font:0.9rem/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap}
ol{padding-left:1.5rem}
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--muted)}
dd{margin:0;white-space:pre-line}
summary{cursor:pointer;font-weight:600;padding:.25rem 0}
a{color:var(--new)}
:focus-visible{outline:3px solid var(--new);outline-offset:2px}
.hidden{position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip-path:inset(50%);
white-space:nowrap;border:0}
@media (max-width:40rem){.short{white-space:pre-wrap}.narrow{white-space:normal;overflow-wrap:normal;width:auto}
dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media print{
body{padding:0;font-size:10pt}
main{max-width:none}
.banner{-webkit-print-color-adjust:exact;print-color-adjust:exact}
h2{break-after:avoid}
tr,.banner,.figure{break-inside:avoid}
.figure{-webkit-print-color-adjust:exact;print-color-adjust:exact}
thead th{position:static}
.group{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}
summary{list-style:none}
a{color:inherit;text-decoration:none}
@page{margin:15mm}
}
"""

CSS = (
    ":root{color-scheme:light dark;"
    + _variables(LIGHT, BARS_LIGHT)
    + "}@media screen and (prefers-color-scheme:dark){:root{"
    + _variables(DARK, BARS_DARK)
    + "}}"
    + _bars()
    + _PAGE
)
"""The whole style sheet; paper is always light."""
