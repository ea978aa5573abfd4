/** The look of the demo back office: on purpose another one than the portal's, because it is another house. */
export const STYLE = `
:root { --ink: #1d2733; --soft: #5a6675; --line: #d9dfe6; --paper: #fff; --ground: #f2f4f7; --accent: #6d2c7d; --bar: #2f1f3a; --good: #1c6b3c; --warn: #8a4b00; color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { background: var(--bar); color: #fff; }
header div, main { max-width: 64rem; margin: 0 auto; padding: 1rem 1.25rem; }
header p { margin: 0; opacity: .85; font-size: .9rem; }
header a { color: #fff; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header :focus-visible { outline-color: #fff; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; margin: 1.25rem 0; }
.fault { border-left: .4rem solid var(--good); }
.fault.on { border-left-color: var(--warn); }
.row { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end; }
.row > div { min-width: 0; max-width: 100%; }
label { display: block; font-weight: 600; font-size: .9rem; }
select, input, textarea, button { font: inherit; color: inherit; border: 1px solid #7b8794; border-radius: .35rem; padding: .5rem .65rem; background: #fff; max-width: 100%; }
textarea { width: 100%; min-height: 5rem; }
input[type='number'] { width: 6rem; }
button { background: var(--accent); border-color: var(--accent); color: #fff; font-weight: 600; cursor: pointer; min-height: 2.75rem; }
button:hover { filter: brightness(1.15); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .65rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
thead th { font-size: .85rem; color: var(--soft); }
tbody tr:last-child > * { border-bottom: 0; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; white-space: nowrap; color: var(--soft); }
.badge.decided { color: var(--good); } .badge.information_requested { color: var(--warn); }
.soft { color: var(--soft); font-size: .9rem; }
.empty { text-align: center; padding: 3rem 1rem; color: var(--soft); }
dl { display: grid; grid-template-columns: fit-content(14rem) 1fr; gap: .35rem 1rem; margin: 0; }
dt { color: var(--soft); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; }
dd > dl, .entries > li > dl { border-left: 3px solid var(--line); padding-left: .9rem; }
.entries { margin: 0; padding-left: 1.25rem; } .entries > li { margin-bottom: .6rem; }
pre { overflow: auto; background: var(--ground); padding: 1rem; border-radius: .35rem; font-size: .85rem; }
summary { cursor: pointer; }
.text { white-space: pre-line; border-left: 3px solid var(--line); padding-left: .75rem; margin: .25rem 0 0; }
ol.news { margin: 0 0 1rem; padding-left: 1.25rem; } ol.news li { margin-bottom: .5rem; }
@media (max-width: 40rem) {
  table, tbody, tr, td, tbody th { display: block; }
  thead { position: absolute; clip-path: inset(50%); }
  tbody tr { padding: .6rem 0; border-bottom: 1px solid var(--line); } tbody tr:last-child { border-bottom: 0; }
  th, td { border: 0; padding: .1rem 0; }
  td[data-name]::before { content: attr(data-name) ': '; color: var(--soft); }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
}
`;
