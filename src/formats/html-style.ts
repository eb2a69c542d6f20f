/** Colours by name: on light ground, on dark ground. Every text has a contrast of 4.5:1 or more on both grounds. */
export const colours = {
  ground: ['#ffffff', '#11161c'],
  shade: ['#f3f6f8', '#1b222b'],
  line: ['#d3dae1', '#35404c'],
  ink: ['#1b2430', '#e3e8ee'],
  soft: ['#55606d', '#a5b0bc'],
  link: ['#0b57b0', '#86b9ff'],
  alert: ['#a8201a', '#ff9a92'],
} as const;

const declared = (index: 0 | 1) =>
  Object.entries(colours)
    .map(([name, pair]) => `--${name}:${pair[index]}`)
    .join(';');

const rules = `
:root{color-scheme:light dark;${declared(0)}}
@media (prefers-color-scheme:dark){:root{${declared(1)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem clamp(1rem,4vw,2.5rem) 3rem;background:var(--ground);color:var(--ink);
font:1rem/1.55 system-ui,sans-serif;overflow-wrap:break-word;-webkit-text-size-adjust:100%}
header{margin-bottom:2rem;padding-bottom:1rem;border-bottom:1px solid var(--line)}
h1,h2,h3{line-height:1.25;margin:2rem 0 .75rem}
h1{font-size:1.25rem;margin:0 0 .25rem}
h2,main>h1{font-size:1.75rem;margin:0 0 .75rem}
h3{font-size:1.1rem}
h2+.tags{color:var(--soft);margin:0 0 .35rem}
.tags+h3{font-weight:400;color:var(--soft);margin-top:0}
p,dl,ul,ol,pre{margin:0 0 1rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.scroll{overflow-x:auto;margin:0 0 1.5rem}
.even td{white-space:nowrap}
table{border-collapse:collapse;width:100%}
main>table{margin:0 0 1.25rem}
caption{text-align:start;padding:.25rem 0 .5rem}
th,td{text-align:start;vertical-align:top;padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);white-space:nowrap}
[role=region] td,[role=region] li{white-space:pre-wrap}
li td,td td,td th{padding-top:.2rem;padding-bottom:.2rem}
td tbody>tr:last-child>*{border-bottom:0}
@media (max-width:40rem){th[scope=row],th[scope=row]+td{display:block}th[scope=row]{border-bottom:0;padding-bottom:0}
td th[scope=row]+td{padding-inline-start:1rem}}
@media (min-width:40rem){main>table td:first-child,.pairs td:first-child{width:14rem}}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem}
pre{overflow-x:auto;padding:1rem;line-height:1.5;tab-size:4;background:var(--shade);border:1px solid var(--line);border-radius:.5rem}
.row{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}
.row [aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
.lock{display:inline-block;width:.95em;height:.95em;margin-inline-start:.4em;vertical-align:-.1em;fill:var(--soft)}
.soft{color:var(--soft)}
form{max-width:24rem}
label{display:block;margin:0 0 1rem}
input:not([type=checkbox],[type=hidden]){display:block;width:100%}
input,button{font:inherit;color:inherit;padding:.6rem .75rem;background:var(--shade);border:1px solid var(--soft);border-radius:.375rem}
button{cursor:pointer;color:var(--ground);background:var(--link);border-color:var(--link);font-weight:600}
[role=alert]{color:var(--alert);font-weight:600}
`;

/** The style sheet of every page. It loads nothing and follows the reader's choice of light or dark. */
export const styleSheet = rules.trim();
