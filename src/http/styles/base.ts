/** Text, links, focus: what holds without any component. */
export const base = `
*,*::before,*::after{box-sizing:border-box}
html{font-size:100%;-webkit-text-size-adjust:100%;overflow-y:scroll}
body{margin:0;background:var(--ground);color:var(--text);font:400 var(--t-m)/1.5 var(--sans);font-variant-numeric:tabular-nums}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:var(--t-xxl);line-height:1.25;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
h2{font-size:var(--t-l);line-height:1.4;font-weight:620;letter-spacing:-.005em}
h3{font-size:var(--t-m);line-height:1.4;font-weight:620}
a{color:var(--accent);text-decoration:none;text-underline-offset:.18em}
a:hover{text-decoration:underline}
p a,li p a,.lead a{text-decoration:underline;text-decoration-thickness:1px}
code,pre,.mono{font-family:var(--mono);font-size:.93em}
strong{font-weight:620}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:var(--r-s)}
main:focus{outline:none}
[hidden]{display:none!important}
.muted{color:var(--muted)}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.shapes{position:absolute}
.nowrap,.moment{white-space:nowrap}
.count.zero{color:var(--muted)}
.name{unicode-bidi:isolate;overflow-wrap:break-word}
h1 .name,dd .name{overflow-wrap:anywhere}
.name-whole{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-999px;top:0;z-index:9;background:var(--accent);color:var(--on-accent);padding:var(--s-2) var(--s-4)}
.skip:focus{left:0}
`
