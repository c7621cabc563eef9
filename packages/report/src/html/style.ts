/** Of every page; its digest is in the page's policy. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f7fa; --line: #d8dee6; --text: #17202b; --quiet: #5b6775;
  --pods: #2a6fb0; --idle: #c9d6e4; --good: #2e8b57; --bad: #c25b3f; --unknown: #8b95a1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12171e; --panel: #1a212b; --line: #303a47; --text: #e6ebf1; --quiet: #9aa7b5;
    --pods: #5b9bd8; --idle: #3d4f63; --good: #57b884; --bad: #e08467; --unknown: #66717e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 70rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 0 0 .25rem; font-size: 1.15rem; }
header { margin-bottom: 1.5rem; color: var(--quiet); }
header h1 { color: var(--text); }
section { margin: 0 0 2.25rem; }
.about { margin: 0 0 .75rem; color: var(--quiet); max-width: 60rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem; }
.tile { padding: .8rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }
.tile b { display: block; font-size: 1.3rem; line-height: 1.35; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tile span { color: var(--quiet); }
.tile .good { color: var(--good); }
.tile .bad { color: var(--bad); }
svg { display: block; width: 100%; height: auto; margin-bottom: .75rem; }
svg text { fill: var(--text); font-size: 13px; }
svg .quiet { fill: var(--quiet); font-size: 12px; }
svg .pods { fill: var(--pods); }
svg .idle { fill: var(--idle); }
svg .good { fill: var(--good); }
svg .bad { fill: var(--bad); }
svg .unknown { fill: none; stroke: var(--unknown); stroke-dasharray: 3 3; }
svg .rule { stroke: var(--line); }
.legend { margin: .5rem 0 0; color: var(--quiet); }
.legend i { display: inline-block; width: .8em; height: .8em; margin: 0 .35em 0 1em; border-radius: 2px; }
.legend i:first-child { margin-left: 0; }
.legend .pods { background: var(--pods); }
.legend .idle { background: var(--idle); }
.legend .unknown { border: 1px dashed var(--unknown); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: break-word; }
th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
td:first-child { min-width: 9rem; }
.figure { text-align: right; }
.figure, .time { white-space: nowrap; }
tfoot td { font-weight: 600; border-bottom: 0; }
.notes ul { margin: 0; padding-left: 1.2rem; color: var(--quiet); overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } }
`;
