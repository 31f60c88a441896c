"""The style of the site: that of the reports, with a frame around it. Light and dark, for phones and for paper."""

from __future__ import annotations

from verified_cat.style import BASE

SITE = (
    BASE
    + """
html { scroll-padding-top: 4rem; }
body { max-width: 84rem; padding-top: 0; }
body > header { position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--line);
  padding: .55rem 0; margin-bottom: 1.5rem; }
body > header a { padding: .3rem .1rem; text-decoration: none; }
body > header a[aria-current] { color: var(--ink); font-weight: 650; border-bottom: 2px solid var(--link); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 15rem; gap: 3rem; align-items: start; }
main { min-width: 0; max-width: 56rem; }
main:focus { outline: none; }
main p, main ul, main ol { max-width: 48rem; }
main img { max-width: 100%; height: auto; }
.contents { position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto; font-size: .88rem; }
.contents h2 { margin-top: .3rem; }
.contents ul { display: block; }
.contents .level3 { padding-left: .9rem; }
.contents a { text-decoration: none; }
.ways { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 3rem; }
.ways a { flex: 1 1 14rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  text-decoration: none; background: var(--card); }
.ways span { display: block; color: var(--soft); font-size: .84rem; }
pre { padding: .75rem .9rem; overflow-x: auto; white-space: pre; line-height: 1.5; overflow-wrap: normal; }
pre a, code a { color: inherit; text-decoration-color: var(--soft); }
:not(pre) > code { background: var(--box); padding: .08em .3em; border-radius: .25rem; }
a > code { color: var(--link); }
h1 code, h2 code, h3 code { font-size: 1em; background: none !important; padding: 0 !important; }
th.right, td.right { text-align: right; }
th.center, td.center { text-align: center; }
.k { color: var(--fine); } .s { color: var(--good); } .c { color: var(--soft); } .n { color: var(--some); }
.scroll { margin: .9rem 0; }
.scroll table { font-size: .94rem; }
td, tbody th { border-top: 1px solid var(--line); overflow-wrap: break-word; }
td { min-width: 5rem; }
thead th { white-space: normal; overflow: visible; max-width: none; }
.scroll code { white-space: normal; }
math { color: var(--math); }
.lead { font-size: 1.15rem; max-width: 48rem; }
.statement { margin: .9rem 0; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; font-size: 1.08rem; max-width: 48rem; overflow-x: auto; overflow-y: hidden; }
.api h2, .api h3 { scroll-margin-top: 4rem; }
.signature { white-space: pre-wrap; padding-left: 2.2rem; text-indent: -1.3rem; overflow-wrap: anywhere; }
.member { margin-left: 1rem; padding-left: .9rem; border-left: 2px solid var(--line); }
.raises { color: var(--soft); }
.texts div, .modules div { grid-template-columns: 17rem 1fr; padding: .3rem 0; }
.names { columns: 16rem; list-style: none; padding: 0; }
footer { margin-top: 3rem; color: var(--soft); font-size: .88rem; }
.front h1 { font-size: 2.1rem; }
.front .verdicts th, .front .verdicts td { padding: .22rem .6rem; }
@media (min-width: 68rem) {
  .first { columns: 2; column-gap: 2.5rem; }
  .front main { max-width: none; }
  .front .columns, .front .column { display: block; }
  .front .contents { display: none; }
  .first > h1, .first > p:first-of-type { column-span: all; max-width: none; }
  .first > p, .first > ul { margin: .5rem 0; font-size: .95rem; line-height: 1.45; }
  .first pre, .first .scroll, .first li { break-inside: avoid; margin: .5rem 0; }
  .first > p:has(+ pre) { break-after: avoid; }
  .first pre { font-size: .84rem; white-space: pre-wrap; }
}
@media (max-width: 60rem) {
  .columns { display: block; }
  .contents { position: static; max-height: none; margin-top: 2.5rem; border-top: 1px solid var(--line); }
}
@media (max-width: 48rem) {
  body { padding: 0 .9rem 3rem; }
  body > header { position: static; }
  body > header a { padding: .45rem .1rem; }
  html { scroll-padding-top: 1rem; }
  dl div, .texts div, .modules div { grid-template-columns: 1fr; gap: 0; }
  th, td { padding: .4rem .5rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
@media print { header, .ways, .contents, .skip { display: none; } body, main { max-width: none; font-size: 10pt; }
  .scroll, pre { overflow: visible; white-space: pre-wrap; } }
"""
)
