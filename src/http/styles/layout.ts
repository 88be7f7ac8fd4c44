/** The frame, and how blocks stand in it. */
export const layout = `
.bar{background:var(--surface);border-bottom:1px solid var(--line)}
.bar-inner{max-width:1280px;margin:0 auto;padding:0 var(--s-5);display:flex;align-items:center;gap:var(--s-5);min-height:56px}
.brand{display:flex;flex-direction:column;line-height:1.2;color:var(--text)}
.brand:hover{text-decoration:none}
.brand-name{font-weight:700;letter-spacing:-.01em}
.brand-org{font-size:var(--t-xs);color:var(--muted);white-space:nowrap}
.bar nav{flex:1;min-width:0}
.bar nav ul{display:flex;gap:var(--s-1)}
.bar nav a{display:block;padding:6px 10px;border-radius:var(--r-m);color:var(--muted);font-weight:520;white-space:nowrap}
.bar nav a:hover{background:var(--sunken);color:var(--text);text-decoration:none}
.bar nav a[aria-current]{background:var(--accent-soft);color:var(--accent)}
.demo-mark{background:var(--waived-soft);color:var(--waived);font-size:var(--t-s);text-align:center;padding:5px var(--s-4)}
.host-mark{border:1px solid var(--line);border-radius:var(--r-m);background:var(--sunken);color:var(--muted);font-size:var(--t-s);padding:6px var(--s-3);margin-bottom:var(--s-4)}
.host-mark strong{color:var(--text)}
main{max-width:1280px;margin:0 auto;padding:var(--s-5)}
.bare{max-width:480px;padding-top:12vh;display:grid;gap:var(--s-4)}
.foot{max-width:1280px;margin:0 auto;padding:var(--s-4) var(--s-5) var(--s-6);display:flex;flex-wrap:wrap;gap:var(--s-1) var(--s-5);font-size:var(--t-s);color:var(--muted)}
.crumbs{margin-bottom:var(--s-2);font-size:var(--t-s)}
.crumbs ol{display:flex;gap:var(--s-2)}
.crumbs li::after{content:"/";color:var(--muted);margin-left:var(--s-2)}
.page-head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:flex-start;gap:var(--s-3) var(--s-5);margin-bottom:var(--s-5)}
.page-head>div:first-child{flex:1 1 420px;min-width:0}
.lead{margin-top:var(--s-1);color:var(--muted);font-size:var(--t-l);max-width:76ch;text-wrap:pretty}
.page-actions{display:flex;flex-wrap:wrap;gap:var(--s-2);align-items:center}
.stack{display:grid;gap:var(--s-5);grid-template-columns:minmax(0,1fr)}
.columns{display:grid;gap:var(--s-5);grid-template-columns:minmax(0,1fr)}
@media (min-width:1000px){.columns{grid-template-columns:minmax(0,2fr) minmax(0,1fr);align-items:start}.columns.even{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (max-width:760px){
.bar-inner{flex-wrap:wrap;gap:var(--s-2) var(--s-4);padding:var(--s-2) var(--s-4);justify-content:space-between}
.bar nav{order:3;flex-basis:100%}
.bar nav ul{flex-wrap:wrap;gap:2px}
.bar nav a{padding:5px 8px}
main{padding:var(--s-4)}
.foot{padding:var(--s-4)}
h1{font-size:1.375rem}
.lead{font-size:var(--t-m)}
}
`
