/** On paper: no ways around, whole names, the light palette. */
export const print = `
@media print{
body{background:#fff;font-size:10pt}
.bar nav,.leave,.filters,.page-actions,.button,.skip,.toast,.progress,form,dialog,.tabs{display:none!important}
.card,.table-box{break-inside:avoid-page;border-color:#bbb}
.table-box{overflow:visible}
thead{display:table-header-group}tr{break-inside:avoid}
.name-cut{display:none}
.name-whole{position:static;width:auto;height:auto;overflow:visible;clip-path:none;white-space:normal}
.mark-shape,.chart *,.inline-bar *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,.foot,.bar-inner{max-width:none;padding:0 0 8pt}
}
`
