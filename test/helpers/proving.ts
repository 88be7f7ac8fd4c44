/**
 * Whether tests try everything there is (`npm run prove`), or some of every kind (`npm test`). Of a proof within the time
 * of a test, `some` keeps each kind; nothing that is claimed of one case is claimed of fewer when it is asked shortly.
 */
export const PROVING = process.env['PROVE'] === 'all'
