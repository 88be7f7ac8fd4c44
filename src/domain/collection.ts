/** Our own house: sources as subjects, for the checks of collection integrity. */
import type { Subject, UnknownReason } from './finding.ts'
import type { SourceState } from './snapshot.ts'

export function sourceSubject({ id }: SourceState): Subject {
  return { kind: 'source', source: id, key: id, label: id }
}

/** Why nothing can be said about what a source holds; null where its newest reading was accepted and is not too old. */
export function sourceUnknown(state: SourceState): UnknownReason | null {
  switch (state.status) {
    case 'complete':
      return null
    case 'failed':
      return state.error?.code === 'auth_failed' || state.error?.code === 'forbidden' ? 'auth_error' : 'source_error'
    case 'held':
      return 'partial_population'
    case 'paused':
      return 'auth_error'
    case 'stale':
      return 'stale'
    case 'never':
      return 'no_data'
  }
}
