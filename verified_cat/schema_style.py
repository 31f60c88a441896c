"""The style of the page on learned functors: that of every page, with pictures of schemas, plots and grids."""

from __future__ import annotations

from verified_cat.schema_picture import RIM
from verified_cat.schema_picture import STYLE as PICTURE
from verified_cat.style import BASE

STYLE = (
    BASE
    + f"""
.schema {{ {PICTURE}{RIM} }}
.schema svg, .plot {{ max-width: 100%; height: auto; display: block; }}
.plots, .figures {{ display: flex; flex-wrap: wrap; gap: .5rem 1rem; }} .figures figure {{ max-width: 100%; }}
.plot text {{ fill: var(--ink); font: 10px system-ui, sans-serif; text-anchor: middle; }}
.plot .tick, .plot .axis {{ fill: var(--soft); }} .plot .end {{ text-anchor: end; }}
.plot .key, .plot .left {{ text-anchor: start; }}
.plot .number {{ font-weight: 700; font-size: 11px; paint-order: stroke; stroke: var(--card); stroke-width: 3px; }}
.plot .frame {{ fill: var(--card); stroke: var(--line); }} .plot .rule {{ stroke: var(--line); }}
.plot .real {{ fill: none; stroke: var(--soft); stroke-width: .8; }} .plot .made {{ fill: var(--link); }}
.plot .joined {{ stroke: var(--bad); stroke-width: .8; }}
.plot .curve {{ fill: none; stroke-width: 1.5; }}
.plot .hue0 {{ stroke: var(--link); }} .plot .hue1 {{ stroke: var(--bad); stroke-dasharray: 6 2; }}
.plot .hue2 {{ stroke: var(--good); stroke-dasharray: 2 2; }} .plot .hue3 {{ stroke: var(--open); }}
.plot .hue4 {{ stroke: var(--some); stroke-dasharray: 9 3; }} .plot .hue5 {{ stroke: var(--ink); }}
td, tbody th {{ border-top: 1px solid var(--line); }}
tbody th {{ min-width: 9rem; overflow-wrap: break-word; }}
thead th {{ white-space: normal; overflow: visible; }}
.scroll {{ margin: .75rem 0; }} .scroll td {{ min-width: 7rem; overflow-wrap: normal; }}
.grid td {{ padding: .2rem; min-width: 0; }}
.grid img {{ display: block; width: 64px; height: 64px; image-rendering: pixelated; }}
.grid td, .grid thead th {{ font-size: .84rem; white-space: nowrap; }}
.found {{ color: var(--bad); background: var(--bad-box); font-weight: 700; outline: 1px solid; outline-offset: -1px; }}
.not-found, .agree {{ color: var(--some); background: var(--some-box); }}
.not-decided {{ color: var(--open); background: var(--open-box); outline: 1px solid; outline-offset: -1px; }}
.says {{ max-width: 48rem; }} footer {{ margin-top: 2rem; color: var(--soft); font-size: .9rem; }}
@media (max-width: 48rem) {{ body {{ padding: 1rem .9rem 3rem; }} dl div {{ grid-template-columns: 1fr; gap: 0; }}
  th, td {{ padding: .4rem .5rem; }} tbody th {{ min-width: 7rem; }} .word {{ white-space: normal; }} }}
@media print {{ .scroll {{ overflow: visible; }}
  details::details-content {{ content-visibility: visible; block-size: auto; }} }}
"""
)
