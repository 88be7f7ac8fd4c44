/** Results to take away. */

import type { Output } from '../../domain/output.ts'
import { Card, PageHead } from '../components/blocks.tsx'
import { type Frame, Layout } from '../components/layout.tsx'

export function ExportsPage({ frame, outputs }: { frame: Frame; outputs: readonly Output[] }) {
  return (
    <Layout frame={frame} title="Exports" section="exports">
      <PageHead title="Exports" lead="The newest results as files. Each names the moment it speaks of." />
      <Card title="Formats" id="formats">
        <ul class="rows">
          {outputs.map(({ id, title, extension, mediaType }) => (
            <li class="row-head">
              <span>
                <strong>{title}</strong>
                <span class="sub">
                  <code>.{extension}</code> · {mediaType}
                </span>
              </span>
              <a class="button" href={`/exports/${id}`} download>
                Download<span class="sr">: {title}</span>
              </a>
            </li>
          ))}
        </ul>
      </Card>
    </Layout>
  )
}
