/** One block of rules per component. */
import { kebab, LIGHT } from './tokens.ts'

export const components = `
.mark{display:inline-flex;align-items:center;gap:6px;white-space:nowrap;font-weight:560}
.answer .mark-shape{margin-top:4px}
.mark-shape{flex:none;fill:currentColor;stroke:none}
.mark-shape use{--ink:var(--on-mark)}
.ink{fill:none;stroke:var(--on-mark);stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.ring{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round}
.mark-pass{color:var(--pass)}.mark-fail{color:var(--fail)}.mark-unknown{color:var(--unknown)}.mark-not_applicable{color:var(--none)}.mark-waived{color:var(--waived)}
p>.mark,.row-head>.mark{white-space:normal}
.reason{display:block;font-size:var(--t-s);color:var(--muted)}
.severity{display:inline-flex;align-items:center;gap:6px;color:var(--muted);white-space:nowrap;font-size:var(--t-s)}
.severity .step{fill:var(--line)}.severity .step.on{fill:var(--muted)}
.severity-critical,.severity-high{color:var(--text)}
.severity-critical .step.on{fill:var(--fail)}.severity-high .step.on{fill:var(--unknown)}
.tag{display:inline-block;padding:0 7px;border-radius:99px;font-size:var(--t-xs);line-height:1.6;background:var(--none-soft);color:var(--none);white-space:nowrap}
.tag-fail{background:var(--fail-soft);color:var(--fail)}.tag-unknown{background:var(--unknown-soft);color:var(--unknown)}.tag-accent{background:var(--accent-soft);color:var(--accent)}

.card{background:var(--surface);border:1px solid var(--line);border-radius:var(--r-l);padding:var(--s-5);min-width:0}
.card-head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:var(--s-1) var(--s-4);margin-bottom:var(--s-3)}
.card-head .muted{font-size:var(--t-s)}
.card>p+p,.card>p+ul,.card>p+dl,.card>dl+p{margin-top:var(--s-3)}
.card>.facts+.table-box,.card>.prose+.raw,.card>.empty+.raw{margin-top:var(--s-3)}
.card h3{margin:var(--s-4) 0 var(--s-2)}
.card .prose{max-width:76ch}

.banner{border-radius:var(--r-m);border:1px solid;padding:var(--s-3) var(--s-4);margin-bottom:var(--s-4);display:grid;gap:var(--s-1);overflow-wrap:anywhere}
.banner-fail{background:var(--fail-soft);border-color:var(--fail)}.banner-unknown{background:var(--unknown-soft);border-color:var(--unknown)}
.banner-pass{background:var(--pass-soft);border-color:var(--pass)}.banner-info{background:var(--accent-soft);border-color:var(--accent)}

.progress{display:flex;flex-wrap:wrap;align-items:baseline;gap:var(--s-1) var(--s-4);background:var(--accent-soft);border-radius:var(--r-m);padding:var(--s-2) var(--s-4);margin-bottom:var(--s-4)}
.progress ul{display:flex;flex-wrap:wrap;gap:0 var(--s-4);color:var(--muted)}
.progress .muted{color:var(--text)}.progress ul{color:var(--text)}
.progress-dot{width:9px;height:9px;border-radius:50%;background:var(--accent)}
@media (prefers-reduced-motion:no-preference){.progress-dot{animation:breathe 1.4s ease-in-out infinite alternate}}
@keyframes breathe{from{opacity:1}to{opacity:.25}}

.empty{border:1px dashed var(--border);border-radius:var(--r-m);padding:var(--s-5);text-align:center}
.empty-title{font-weight:600}

.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:var(--s-3) var(--s-5)}
.facts dt{font-size:var(--t-s);color:var(--muted)}
.facts dd{overflow-wrap:anywhere}
.decided{display:grid;grid-template-columns:auto minmax(70px,1fr);gap:0 var(--s-2);font-size:var(--t-s);min-width:190px;max-width:46ch}
.decided dt{color:var(--muted);overflow-wrap:anywhere}.decided dd{overflow-wrap:anywhere}
.digests{display:grid;gap:var(--s-2)}.digests dt{font-size:var(--t-s);color:var(--muted)}.digests dd{overflow-wrap:anywhere}
.card>.facts+.digests,.card>.digests+.prose{margin-top:var(--s-3)}
.facts.compact{grid-template-columns:minmax(0,1fr);gap:2px;font-size:var(--t-s);min-width:190px}
.facts.compact>div{display:flex;flex-wrap:wrap;gap:0 var(--s-2)}
.facts.compact dt::after{content:":"}

.table-box{overflow-x:auto;border:1px solid var(--line);border-radius:var(--r-m);background:var(--surface);position:relative}
.card .table-box{border-radius:var(--r-s)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:9px 12px;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{background:var(--sunken);font-size:var(--t-s);font-weight:560;color:var(--muted);white-space:nowrap}
tbody th{font-weight:560}
@media (min-width:761px){.stacks th[scope=row]{min-width:190px}.stacks th[scope=row] .name{overflow-wrap:anywhere}}
tbody tr:hover{background:color-mix(in srgb,var(--sunken) 55%,transparent)}
.numeric{text-align:right}
.cell-sentence{min-width:190px;max-width:62ch;overflow-wrap:break-word}
.access{display:grid;gap:2px}.access li{display:flex;flex-wrap:wrap;gap:0 var(--s-2);align-items:baseline}.access .subject{display:inline-flex;gap:var(--s-2);align-items:baseline}
.subject{display:inline-grid;grid-template-columns:minmax(0,auto);max-width:100%;line-height:1.35}
th code{font-weight:400}
.subject-kind{font-weight:400;font-size:var(--t-xs);color:var(--muted)}
.sub{display:block;font-weight:400;font-size:var(--t-s);color:var(--muted)}
.disagree{background:var(--unknown-soft)}

@media (max-width:760px){
.card{padding:var(--s-4)}
.facts{grid-template-columns:repeat(auto-fill,minmax(130px,1fr))}
table.plain .bar-cell{display:none}
/* A row becomes a card, each cell under its column's word: nothing has to be pushed sideways to be read. */
.stacks table,.stacks tbody{display:block}
.stacks thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stacks tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:var(--s-2) var(--s-3);padding:var(--s-3);border-bottom:1px solid var(--line)}
.stacks tbody tr:last-child{border-bottom:0}
.stacks tbody :is(th,td){display:block;border:0;padding:0;min-width:0;max-width:none;width:auto;overflow-wrap:anywhere;text-align:left}
.stacks tbody :is(th,.cell-sentence,.cell-title,.cell-records,.bar-cell,td:has(>code,>.decided,>details)){grid-column:1/-1}
.stacks td[data-word]::before{content:attr(data-word);display:block;font-size:var(--t-s);font-weight:400;color:var(--muted)}
.stacks :is(.nowrap,.moment,.mark){white-space:normal}
.stacks .sum{border-top:2px solid var(--line)}
.decided{min-width:0}
.facts .moment{white-space:normal}
}
.paging{display:flex;flex-wrap:wrap;align-items:center;gap:var(--s-3);margin-top:var(--s-3);font-size:var(--t-s)}

.button{display:inline-flex;align-items:center;justify-content:center;min-height:34px;padding:5px 14px;border:1px solid var(--border);border-radius:var(--r-m);background:var(--surface);color:var(--text);font:560 var(--t-m)/1.4 var(--sans);cursor:pointer;text-decoration:none;white-space:nowrap}
.button:hover{background:var(--sunken);text-decoration:none}
.button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.button.primary:hover{filter:brightness(1.08)}
.button.quiet{border-color:transparent;background:none;color:var(--muted)}
.button.quiet:hover{background:var(--sunken);color:var(--text)}
.button[disabled]{opacity:.55;cursor:default}

.field{display:grid;gap:4px;min-width:0}
.field-label{font-size:var(--t-s);color:var(--muted);font-weight:520}
.field-help{font-size:var(--t-s);color:var(--muted)}
input,select,textarea{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--border);border-radius:var(--r-m);padding:6px 10px;width:100%;min-width:0}
input,select{height:36px}
textarea{font-family:var(--mono);font-size:var(--t-s);line-height:1.5;resize:vertical}
::placeholder{color:var(--muted);opacity:1}
.filters{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:var(--s-3);align-items:end;margin-bottom:var(--s-4)}
.card>.filters:last-child{margin-bottom:0}
.filter-actions{display:flex;gap:var(--s-2)}
.form{display:grid;gap:var(--s-3)}
.tabs{display:flex;flex-wrap:wrap;gap:0 var(--s-1);border-bottom:1px solid var(--line);margin-bottom:var(--s-4)}
.tabs a{padding:8px 12px;color:var(--muted);border-bottom:2px solid transparent;margin-bottom:-1px;font-weight:520}
.tabs a:hover{text-decoration:none;color:var(--text)}
.tabs a[aria-current]{color:var(--text);border-color:var(--accent)}

dialog{border:1px solid var(--line);border-radius:var(--r-l);background:var(--surface);color:var(--text);padding:var(--s-5);max-width:min(560px,calc(100vw - 32px));width:100%}
dialog::backdrop{background:rgb(8 12 18/.5)}
.dialog-actions{display:flex;gap:var(--s-2);justify-content:flex-end;margin-top:var(--s-4)}

.toast{position:fixed;right:var(--s-5);bottom:var(--s-5);max-width:min(420px,calc(100vw - 48px));background:var(--text);color:var(--surface);border-radius:var(--r-m);padding:var(--s-3) var(--s-4);z-index:5}
.toast:empty{display:none}

.chart{display:block;width:100%;height:auto;overflow:visible}
.chart-grid{stroke:var(--line);stroke-width:1}
.chart-limit{stroke:var(--text);stroke-width:1.5;stroke-dasharray:3 2}
.fill-pass{fill:var(--pass)}.fill-fail{fill:var(--fail)}.fill-unknown{fill:var(--unknown)}.fill-not_applicable,.fill-none{fill:var(--border)}.fill-waived{fill:var(--waived)}.fill-accent{fill:var(--accent)}.fill-track{fill:var(--sunken)}
.fill-not_applicable{opacity:.5}
.parts-bar{display:block;width:100%;height:auto}
.part{fill:var(--border)}.part-deviated,.part-critical{fill:var(--fail)}.part-notDeterminable,.part-high{fill:var(--unknown)}.part-met{fill:var(--pass)}.part-low{fill:var(--none-soft);stroke:var(--border);stroke-width:.5}
.hatch{fill:none;stroke:var(--on-mark);stroke-width:.8;opacity:.65}
.letter{font-size:7px;font-weight:650;text-anchor:middle;dominant-baseline:central;fill:var(--on-mark)}.letter-low{fill:var(--text)}.letter-medium{fill:var(--on-mark)}
.day{fill:var(--accent)}.day-0{fill:var(--surface)}.day-1{fill-opacity:.15}.day-2{fill-opacity:.3}.day-3{fill-opacity:.5}.day-4{fill-opacity:.7}
.day-0,.day-1,.day-2,.day-3,.day-4{stroke:var(--border);stroke-width:.4}
.day-mark{fill:none;stroke:var(--fail);stroke-width:.8}
.calendar-year,.calendar-month,.calendar-day{font-size:7px;dominant-baseline:central;fill:var(--muted)}.calendar-year{font-weight:650;fill:var(--text)}.calendar-day{text-anchor:middle}
.calendar figcaption{font-size:var(--t-s);margin-top:var(--s-1)}
.calendar .stacks th[scope=row]{min-width:0}
.calendars{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:var(--s-4) var(--s-5)}
.legend{display:flex;flex-wrap:wrap;gap:var(--s-1) var(--s-4);font-size:var(--t-s);color:var(--muted);margin-bottom:var(--s-3)}
.legend li{display:inline-flex;align-items:center;gap:6px}
.bar-cell{width:22%;min-width:130px}td.bar-cell{padding-top:14px}
.inline-bar{display:block;width:100%;height:12px}
.card>.inline-bar{margin-bottom:var(--s-3)}

.timeline{display:grid;gap:var(--s-3);border-left:2px solid var(--line);padding-left:var(--s-4);margin-left:5px}
.timeline li{position:relative}
.timeline li::before{content:"";position:absolute;left:calc(-1*var(--s-4) - 6px);top:7px;width:10px;height:10px;border-radius:50%;background:var(--surface);border:2px solid var(--border)}
.timeline .now::before{background:var(--accent);border-color:var(--accent)}

.rows{display:grid}
.rows>li{padding:var(--s-3) 0;border-bottom:1px solid var(--line)}
.rows>li:first-child{padding-top:0}.rows>li:last-child{border:0;padding-bottom:0}
.row-head{display:flex;flex-wrap:wrap;gap:var(--s-1) var(--s-3);align-items:baseline;justify-content:space-between}
.figures{display:flex;flex-wrap:wrap;gap:var(--s-3) var(--s-6)}
.figure{display:grid}
.figure b{font-size:var(--t-xl);font-weight:620;line-height:1.25}
.figure span{font-size:var(--t-s);color:var(--muted)}
table.plain{width:100%}table.plain th,table.plain td{padding:6px 8px 6px 0;border-bottom:1px solid var(--line)}table.plain thead th{background:none}
.summary{margin-bottom:var(--s-5)}.summary .figures{margin-bottom:var(--s-3)}
.answer{margin-bottom:var(--s-4)}.answer .mark{white-space:normal;align-items:flex-start;font-size:var(--t-l)}
.cell-records{min-width:200px}
.cell-title{min-width:220px}
.overdue{color:var(--fail)}
.sum>*{border-top:2px solid var(--line)}
.finding-body{display:grid;grid-template-columns:180px minmax(0,1fr);gap:var(--s-2) var(--s-4);margin-top:var(--s-2)}
.finding-body p+p,.finding-body details{margin-top:var(--s-2)}
@media (max-width:760px){.finding-body{grid-template-columns:minmax(0,1fr)}}
.finding .row-head h3{margin:0}
.fix{display:grid;align-items:start;grid-template-columns:minmax(180px,1fr) minmax(0,3fr);gap:var(--s-2) var(--s-5)}
.fix>ul{display:grid;gap:var(--s-3)}
@media (max-width:760px){.fix{grid-template-columns:minmax(0,1fr)}}
.fix-meta{display:flex;flex-wrap:wrap;gap:var(--s-1) var(--s-3);font-size:var(--t-s);align-items:center}
.swatch{stroke:var(--border)}
.rows+details{margin-top:var(--s-4)}
table.plain td.bar-cell{padding-top:11px}
.in-the-way{margin:var(--s-2) 0}.in-the-way ul{display:grid;gap:2px;margin-top:2px}
.in-the-way li,.conditions li{overflow-wrap:anywhere}
.conditions{display:grid}.conditions li{display:grid;grid-template-columns:130px minmax(0,3fr) minmax(0,2fr);gap:0 var(--s-4);padding:7px 0;border-top:1px solid var(--line)}
@media (max-width:760px){.conditions li{grid-template-columns:minmax(0,1fr);gap:2px}}
.card .step{margin-bottom:var(--s-3)}.more{margin-top:var(--s-3)}
.card>.prose+.step{margin-top:var(--s-3)}
pre.raw{overflow:auto;max-height:420px;padding:var(--s-3);background:var(--sunken);border-radius:var(--r-m);white-space:pre-wrap;overflow-wrap:anywhere}
details>summary{cursor:pointer;color:var(--accent);width:fit-content}
details[open]>summary{margin-bottom:var(--s-3)}
.step{border-left:3px solid var(--accent);padding-left:var(--s-3)}
.chips{display:flex;flex-wrap:wrap;gap:6px}
.swatches{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:var(--s-2)}
.swatches li{display:flex;align-items:center;gap:var(--s-2);font-size:var(--t-s)}
.type-xs{font-size:var(--t-xs)}.type-s{font-size:var(--t-s)}.type-m{font-size:var(--t-m)}.type-l{font-size:var(--t-l)}.type-xl{font-size:var(--t-xl)}.type-xxl{font-size:var(--t-xxl)}
${Object.keys(LIGHT)
  .map((name) => `.swatch-${name}{fill:var(--${kebab(name)})}`)
  .join('')}
`
