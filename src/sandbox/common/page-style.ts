// How a sandbox's page looks, in light and in dark.

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#f7f7f9, #16171d); --paper: light-dark(#fff, #1f2129); --ink: light-dark(#1d1f27, #e7e8ee);
  --faint: light-dark(#6b7080, #989db0); --line: light-dark(#e2e4ea, #32353f); --fresh: light-dark(#fff3bf, #57470f); --row: light-dark(#fffbe8, #2b2818); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header { padding: 14px 20px; border-top: 4px solid var(--accent); display: flex; gap: 16px; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 20px; margin: 0; } h2 { font-size: 14px; margin: 0 0 8px; } header p { margin: 0; color: var(--faint); }
nav { padding: 0 20px; display: flex; gap: 4px; border-bottom: 1px solid var(--line); }
nav a { padding: 8px 14px; color: var(--faint); text-decoration: none; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
.tools { padding: 12px 20px; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.pager { margin-left: auto; }
input, select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 5px 9px; }
button { cursor: pointer; } #new, #create { background: var(--accent); border-color: var(--accent); color: #fff; }
main { padding: 0 20px 20px; display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 16px; align-items: start; }
@media (max-width: 1100px) { main { grid-template-columns: minmax(0, 1fr); } }
.table, aside { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.table { overflow-x: auto; } aside { padding: 12px 14px; position: sticky; top: 12px; }
table { border-collapse: collapse; width: 100%; white-space: nowrap; font-size: 13px; }
th, td { padding: 5px 9px; text-align: left; border-bottom: 1px solid var(--line); }
thead th { color: var(--faint); font-weight: 500; } tbody th { font: 12px ui-monospace, monospace; color: var(--faint); }
td { max-width: 240px; overflow: hidden; text-overflow: ellipsis; white-space: pre; min-width: 3em; }
td[data-field] { cursor: text; } td[data-field]:hover, td[data-field]:focus { outline: 1px solid var(--accent); outline-offset: -1px; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } td.fixed, td.time, td.none { color: var(--faint); }
tr.fresh { background: var(--row); } td.fresh { background: var(--fresh); font-weight: 600; }
td input, td select { width: 100%; min-width: 9em; padding: 2px 5px; }
.delete { border: 0; background: none; color: var(--faint); padding: 0 4px; } .delete:hover { color: #d33; }
#log { list-style: none; margin: 0; padding: 0; max-height: 70vh; overflow-y: auto; font-size: 12px; }
#log li { padding: 2px 0; overflow-wrap: anywhere; } #log time { color: var(--faint); font-family: ui-monospace, monospace; }
#log .read { color: var(--faint); } #log .write { color: light-dark(#1d6f42, #6fcf97); } #log .person { font-weight: 600; }
#log .webhook { color: light-dark(#2457c5, #85aaff); } #log .refused { color: light-dark(#b3261e, #ff8a80); }
dialog { border: 1px solid var(--line); border-radius: 10px; background: var(--paper); color: inherit; width: min(440px, 92vw); }
dialog label { display: grid; grid-template-columns: 120px 1fr; align-items: center; margin: 6px 0; } dialog menu { display: flex; justify-content: end; gap: 8px; padding: 0; }
#message { position: fixed; bottom: 20px; left: 50%; transform: translateX(-50%); background: #b3261e; color: #fff; padding: 8px 16px; border-radius: 6px; }
#message:empty { display: none; }
`;
