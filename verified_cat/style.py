"""The styles of pages, light and dark, for paper and for screens of any width; and the script of the report on laws."""

BASE = """
:root { color-scheme: light dark; --ink: #22262b; --soft: #5b636c; --page: #fbfbfa; --box: #f1f2f1; --card: #fff;
  --line: #dcdfe1; --link: #1a5fa8; --math: #1d3a5f; --good: #0b5a2e; --good-box: #dff2e5; --fine: #17568e;
  --fine-box: #e3eefa; --some: #4b4e93; --some-box: #eaeafa; --none: #565d66; --none-box: #eceeef; --open: #754800;
  --open-box: #fcedcf; --bad: #97121f; --bad-box: #fce2e4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e8; --soft: #a3abb3; --page: #14171a; --box: #1d2125;
  --card: #181b1f; --line: #343a41; --link: #8fbfff; --math: #bcd6f5; --good: #90dfab; --good-box: #15361f;
  --fine: #9fccff; --fine-box: #15304b; --some: #c2c4ff; --some-box: #2a2b50; --none: #b4bac1; --none-box: #2a2e33;
  --open: #ffd380; --open-box: #43320e; --bad: #ffb1b6; --bad-box: #541b21; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; background: var(--card); padding: .5rem; z-index: 3; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1 { margin: 0 0 .75rem; font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; }
h2 { margin: 2.25rem 0 .6rem; font-size: 1.15rem; line-height: 1.3; font-weight: 650; }
h3 { margin: 1.5rem 0 .4rem; font-size: 1rem; }
nav h2 { margin: 1.25rem 0 .35rem; font-size: .9rem; color: var(--soft); font-weight: 600; }
nav ul, .counts { display: flex; flex-wrap: wrap; gap: .35rem 1rem; margin: 0; padding: 0; list-style: none; }
nav li { padding: .15rem 0; color: var(--soft); }
nav a { display: inline-block; padding: .1rem 0; }
summary { cursor: pointer; padding: .3rem 0; color: var(--link); width: fit-content; }
dl { margin: .5rem 0; }
dl div { display: grid; grid-template-columns: 8rem 1fr; gap: .75rem; padding: .15rem 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
fieldset { margin: 1.75rem 0 0; padding: .25rem 1rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: end; }
fieldset[hidden] { display: none; }
legend { color: var(--soft); font-size: .875rem; padding: 0 .35rem; }
label { display: grid; gap: .15rem; font-size: .875rem; color: var(--soft); max-width: 100%; }
select, input { font: inherit; font-size: 1rem; padding: .35rem .5rem; min-height: 2.5rem; max-width: 100%;
  color: var(--ink); background: var(--page); border: 1px solid var(--line); border-radius: .35rem; }
output { color: var(--soft); font-size: .875rem; padding: .6rem 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; position: relative;
  background: var(--card); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .5rem .8rem; color: var(--soft); font-size: .875rem; }
th, td { padding: .55rem .8rem; text-align: left; vertical-align: top; font-weight: normal; }
thead th { white-space: nowrap; font-size: .875rem; font-weight: 600; color: var(--soft); background: var(--box);
  max-width: 12rem; overflow: hidden; text-overflow: ellipsis; }
.word { display: inline-flex; gap: .35em; align-items: baseline; padding: .05rem .6rem; border-radius: 1rem;
  font-size: .84rem; line-height: 1.6; white-space: nowrap; color: var(--none); background: var(--none-box); }
.sign { min-width: .8em; text-align: center; }
.word.none { background: none; padding: .05rem 0; }
.proved { color: var(--good); background: var(--good-box); }
.exact { color: var(--fine); background: var(--fine-box); }
.sampled { color: var(--some); background: var(--some-box); }
.undecided, .vacuous { color: var(--open); background: var(--open-box); outline: 1px solid; outline-offset: -1px; }
.refuted { color: var(--bad); background: var(--bad-box); font-weight: 700; outline: 1px solid; outline-offset: -1px; }
details { font-size: .94rem; }
.quiet, small, figcaption { color: var(--soft); font-size: .86rem; }
pre, code { font-size: .86rem; font-family: ui-monospace, monospace; }
pre { margin: .5rem 0; padding: .6rem .75rem; background: var(--box); border-radius: .35rem; white-space: pre-wrap; }
figure { margin: .75rem 0; }
.pictures { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); }
.pictures svg { display: block; }
[hidden] { display: none !important; }
"""
"""Of every page."""

STYLE = (
    BASE
    + """
tr.law > * { border-top: 1px solid var(--line); padding-bottom: 0; }
tr.more > td { padding-top: 0; }
tr.law > th { width: 100%; min-width: 24rem; }
tr.law td { white-space: nowrap; }
.engine { display: none; }
.name { color: var(--soft); }
.name b { color: var(--ink); font-weight: 650; }
.statement { margin: .2rem 0 0; max-width: 48rem; overflow-x: auto; overflow-y: hidden; }
math { color: var(--math); }
.found { margin: .75rem 0; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--line); }
.found p { margin: .2rem 0; }
.found ul { margin: .3rem 0; padding: 0; list-style: none; }
.found li { padding: .1rem 0; }
.both { max-height: min(46rem, 85vh); overflow: auto; }
.kills { width: auto; font-size: .84rem; border-collapse: separate; border-spacing: 0; }
.kills th, .kills td { padding: .15rem .4rem; border-top: 1px solid var(--line); text-align: center; }
.kills thead th { position: sticky; top: 0; z-index: 1; vertical-align: bottom; overflow: visible; }
.kills thead span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 400; max-height: 9.5rem;
  text-align: left; line-height: 1.15; white-space: normal; display: inline-block; }
.kills tbody th, .kills thead th:first-child { position: sticky; left: 0; text-align: left; white-space: nowrap;
  background: var(--box); }
.kills thead th:first-child { z-index: 2; }
.kills tbody tr:hover > * { background: var(--box); }
.kills .k { color: var(--bad); background: var(--bad-box); font-weight: 700; }
.judges td { white-space: nowrap; font-size: .75rem; writing-mode: vertical-rl; }
.idle div { display: block; padding: .4rem 0; }
footer { margin-top: 2rem; color: var(--soft); font-size: .9rem; }
@media (max-width: 48rem) { body { padding: 1rem .9rem 3rem; } dl div { grid-template-columns: 1fr; gap: 0; }
  main .scroll { overflow: visible; border: 0; background: none; border-radius: 0; }
  main table, main tbody, main tr, main th, main td, main caption { display: block; }
  main thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  main caption { padding: 0 0 .5rem; }
  main tr.law > th { min-width: 0; border-top: 1px solid var(--line); padding: .8rem 0 .4rem; }
  main tr.law > td { display: inline-block; border: 0; padding: .15rem .8rem .15rem 0; white-space: normal; }
  main tr.more > td { padding: .1rem 0 .7rem; }
  .engine { display: inline; margin-right: .4rem; color: var(--soft); font-size: .84rem; }
  summary { padding: .55rem 0; } nav li { padding: .35rem 0; } }
@media print { body { max-width: none; font-size: 10pt; } .skip, nav, fieldset { display: none; }
  .scroll, .both { overflow: visible; max-height: none; border: 0; } tr, .found { break-inside: avoid-page; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""
)
"""Of the report on laws."""

SCRIPT = """
(() => {
  const at = id => document.getElementById(id);
  const rows = [...document.querySelectorAll("tr.law")];
  const wanted = (row, engine, word, text) => [...row.cells].slice(1).some(cell =>
    (!engine || cell.dataset.engine === engine) && (!word || cell.dataset.word === word))
    && row.cells[0].textContent.toLowerCase().includes(text);
  const show = () => {
    const text = at("by-text").value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const seen = wanted(row, at("by-engine").value, at("by-word").value, text);
      row.hidden = row.nextElementSibling.hidden = !seen;
      count += seen;
    }
    for (const part of document.querySelectorAll("main section"))
      part.hidden = !part.querySelector("tr.law:not([hidden])");
    document.querySelector("#filters output").value = `${count} of ${rows.length} laws`;
  };
  const reveal = () => {
    const row = at(location.hash.slice(1))?.closest("tr.law");
    if (row) row.nextElementSibling.querySelector("details").open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  at("filters").hidden = false;
  at("filters").addEventListener("input", show);
  show();
})();
"""
