/** How much memory this process holds on to between two collections. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets the heap grow to several times what lives in it before it collects. A run over 20,000 devices, of which 140 MB
 * live, measured 800 MB resident without this and 730 MB with it, for the same processor time; 10 instead of 40 gave
 * 612 MB and cost a third more time.
 */
export function collectEagerly(): void {
  setFlagsFromString('--heap-growing-percent=40')
}
