/** How much memory this process holds on to between two collections. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets the heap grow to several times what lives in it before it collects: a run over 20,000 devices, of which 140 MB
 * live, measured 810 MB resident, and about 600 MB with this. We run beside other things.
 */
export function collectEagerly(): void {
  for (const flag of ['--heap-growing-percent=10', '--max-semi-space-size=8', '--semi-space-growth-factor=1']) {
    setFlagsFromString(flag)
  }
}
