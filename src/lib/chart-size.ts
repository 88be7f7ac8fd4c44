/** Sizes in which charts are drawn, on pages and on paper alike, so that both are the same strings; pages scale them. */
export const CHART_SIZE = {
  /** Beside the numbers of one check. */
  period: { width: 70, height: 9 },
  /** Beside the numbers of one age. */
  ages: { width: 180, height: 9 },
  calendar: { width: 486, rowHeight: 15 },
  /** Two abreast. */
  sourceCalendar: { width: 234, rowHeight: 11 },
} as const
