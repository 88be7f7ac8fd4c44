/** A form field: its label, and what is filled in. */
import type { Child } from 'hono/jsx'

/** @param id of the control among the children */
export function Field({ id, label, children }: { id: string; label: Child; children?: Child }) {
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {children}
    </div>
  )
}
