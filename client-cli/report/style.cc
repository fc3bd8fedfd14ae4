// How a report looks. Each colour is one of the names at the top, which
// tests/unit/report_page_test.cc checks the contrast of; nothing is told by colour alone.
#include "client-cli/report/page.h"

namespace tallystick {
namespace {

constexpr Markup kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #faf7f1;
  --ink: #2a2520;
  --soft: #665c50;
  --line: #d9cfbf;
  --wood: #ecdfc6;
  --edge: #b79c6c;
  --bar: #7c6233;
  --bad: #9b2118;
  --cut: #f8d9cf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #191715;
    --ink: #ece5d9;
    --soft: #b3a897;
    --line: #3d372f;
    --wood: #352c20;
    --edge: #7a6645;
    --bar: #cfa964;
    --bad: #ff9d8c;
    --cut: #4d231c;
  }
}
@media print {
  :root {
    --page: #ffffff;
    --ink: #000000;
    --soft: #444444;
    --line: #bbbbbb;
    --wood: #f3ede0;
    --edge: #777777;
    --bar: #444444;
    --bad: #8a1c13;
    --cut: #fbe9e3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.5 Charter, "Bitstream Charter", "Charis SIL", Cambria, Georgia, serif;
  font-variant-numeric: tabular-nums lining-nums;
  overflow-wrap: break-word;
}
h1, h2, h3 { font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2.1rem; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 {
  font-size: 1.35rem; margin: 3.25rem 0 .75rem; padding-top: .6rem; border-top: 1px solid var(--ink);
}
h3 { font-size: 1.1rem; margin: 1.75rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 44rem; }
header p, .faint, caption, figcaption { color: var(--soft); }
code, kbd { font: .88em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--bar); outline-offset: 3px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sum { white-space: nowrap; }
.stick { display: block; width: 11.25rem; height: 2.125rem; margin-bottom: 1.1rem; }
.half { fill: var(--wood); stroke: var(--edge); stroke-width: 1.25; stroke-linejoin: round; }

.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1.25rem; margin: 2rem 0 0; }
.tiles > div { border-top: 3px solid var(--edge); padding-top: .6rem; }
.tiles > .loud { border-top-color: var(--bad); }
.tiles dt { color: var(--soft); font-size: .95rem; }
.tiles dd { margin: 0; }
.tiles .figure { font-size: 1.6rem; line-height: 1.25; }
.tiles .note { color: var(--soft); font-size: .95rem; margin-top: .2rem; }
.loud .note { color: var(--bad); }

.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem 3rem; margin: 1rem 0; }
.plot { display: block; max-width: 38rem; overflow: visible; }
.plot text { fill: var(--ink); font-size: 14px; }
.plot .amount, .plot .none { text-anchor: end; }
.plot .none { fill: var(--soft); }
.plot .axis { stroke: var(--edge); }
.plot .dated { fill: var(--bar); }
.plot .overdue { fill: var(--bad); }
.plot .undated { fill: var(--wood); stroke: var(--bar); stroke-dasharray: 4 3; }

table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .95rem; }
caption { text-align: left; font-style: italic; padding-bottom: .3rem; }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; }
th .faint { font-weight: 400; }
.number { text-align: right; padding-right: 0; padding-left: .75rem; }
.number + td, .number + th:not(.number) { padding-left: 1.5rem; }
.number + td.number { padding-left: .75rem; }
.scroll { overflow-x: auto; }

article { margin: 0 0 2.5rem; }
.warnings { list-style: none; margin: .75rem 0; padding: 0; max-width: 48rem; }
.warnings li { border-left: 3px solid var(--bad); padding: .1rem 0 .1rem .75rem; margin: .5rem 0; overflow-wrap: anywhere; }
.warnings strong, .limit strong, .doubt { color: var(--bad); }
.severity { color: var(--soft); font-style: italic; }
.doubt { font-weight: 400; white-space: nowrap; }

.stubs { border-collapse: separate; border-spacing: .7rem 0; table-layout: fixed; width: calc(100% + 1.4rem); margin: 1rem -.7rem; }
.stubs caption { padding-left: .7rem; }
.stubs th, .stubs td { border: 0; }
.stubs thead td, .stubs tbody th { width: 19%; }
.stubs tbody th { font-weight: 400; color: var(--soft); padding: .45rem 0; }
.stubs thead th { padding: .35rem 1.1rem; background: var(--wood); border: solid var(--edge); border-width: 1px 1px 0; border-radius: .5rem .5rem 0 0; }
.stubs tbody td { position: relative; padding: .45rem 1.1rem; background: var(--wood); border: solid var(--edge); border-width: 0 1px; }
.stubs tbody tr:last-child td { border-bottom-width: 1px; border-radius: 0 0 .5rem .5rem; padding-bottom: .8rem; }
.stubs tbody td:not(.silent)::before, .stubs tbody td:not(.silent)::after {
  content: ""; position: absolute; top: .72rem; width: .55rem; height: .8rem; background: var(--page);
}
.stubs tbody td::before { left: -2px; clip-path: polygon(0 0, 100% 50%, 0 100%); }
.stubs tbody td::after { right: -2px; clip-path: polygon(100% 0, 0 50%, 100% 100%); }
.stubs .differs th { color: var(--bad); font-weight: 600; }
.stubs .differs td:not(.silent) { background: var(--cut); box-shadow: inset 0 1px var(--bad), inset 0 -1px var(--bad); font-weight: 600; }
.stubs .differs td:not(.silent)::before, .stubs .differs td:not(.silent)::after { background: var(--bad); width: .75rem; height: 1rem; top: .62rem; }

details > summary { cursor: pointer; }
.more > summary { color: var(--soft); }
.rows { list-style: none; margin: .5rem 0; padding: 0; border-top: 1px solid var(--line); }
.rows > li { border-bottom: 1px solid var(--line); }
.row > summary {
  display: grid; grid-template-columns: 1rem 2.2fr 2fr 2.4fr 2fr; gap: .2rem 1.25rem; align-items: center; padding: .6rem 0;
}
.row > summary::-webkit-details-marker { display: none; }
.row > summary::before { content: "▸"; color: var(--soft); }
.row[open] > summary::before { content: "▾"; }
.opened { padding: 0 0 1rem 2.25rem; }
.pair { display: grid; grid-template-columns: 1fr 1.4fr; gap: 0 2.5rem; }
.name { overflow-wrap: anywhere; }
.name .faint, .owed .faint { display: block; font-size: .9rem; }
.progress { font-size: .9rem; }
.bar { display: block; margin-bottom: .15rem; }
.track { fill: var(--wood); stroke: var(--edge); stroke-width: 1; }
.fill { fill: var(--bar); }
.owed { text-align: right; overflow-wrap: anywhere; }
.facts { margin-top: .5rem; margin-bottom: .5rem; font-size: .95rem; }
.facts div { display: grid; grid-template-columns: 6rem 1fr; padding: .1rem 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }

@media (max-width: 44rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.75rem; }
  h2 { margin-top: 2.5rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 1.1rem; margin-top: 1.4rem; }
  .tiles .figure { font-size: 1.3rem; }
  .plot text { font-size: 12.5px; }
  table { font-size: .88rem; }
  .stubs { border-spacing: .3rem 0; width: calc(100% + .6rem); margin: 1rem -.3rem; font-size: .75rem; line-height: 1.35; }
  .stubs caption { padding-left: .3rem; font-size: .88rem; }
  .stubs thead td, .stubs tbody th { width: 19%; }
  .stubs .differs th { font-size: .7rem; }
  .differs th > [aria-hidden] { display: block; }
  .stubs thead th { padding: .3rem .5rem; }
  .stubs tbody td { padding: .4rem .5rem; }
  .stubs .differs td:not(.silent) { font-weight: 400; }
  .stubs tbody td:not(.silent)::before, .stubs tbody td:not(.silent)::after,
  .stubs .differs td:not(.silent)::before, .stubs .differs td:not(.silent)::after { width: .4rem; height: .7rem; top: .5rem; }
  .doubt { display: block; }
  .row > summary { grid-template-columns: 1rem 1fr 1fr; gap: .35rem .9rem; }
  .row > summary .name, .row > summary .owed { grid-column: 2 / 4; text-align: left; }
  .progress { grid-column: 2; }
  .progress + .progress { grid-column: 3; }
  .opened { padding-left: 0; }
  .pair { grid-template-columns: 1fr; }
  .timeline { font-size: .78rem; }
  .timeline tr > :nth-child(n) { padding-left: 0; padding-right: .5rem; overflow-wrap: break-word; }
  .timeline .number { text-align: left; }
}

@page { size: A4; margin: 16mm 15mm; }
@media print {
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  h2 { margin-top: 2rem; }
  .tiles { grid-template-columns: repeat(4, 1fr); }
  .plots { grid-template-columns: 1fr 1fr; }
  .plot text { font-size: 10px; }
  h2, h3, h3 + p, caption, summary, .warnings { break-after: avoid; }
  tr, .tiles, .plot, .stubs, .pair, .timeline, .row > summary, .warnings li { break-inside: avoid; }
  th, td { padding-top: .15rem; padding-bottom: .15rem; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  .row > summary::before { content: "▾"; }
  .stubs .differs td:not(.silent) { outline: 1.5pt solid var(--bad); outline-offset: -1.5pt; }
  .stubs, .plot, .bar, .half { print-color-adjust: exact; }
}
)css"_html;

}  // namespace

Markup ReportStyle() { return kStyle; }

}  // namespace tallystick
