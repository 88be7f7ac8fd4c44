import type { ApiKey, ApiKeys, Role } from '../domain/api-key.ts'
import { AppError } from '../domain/error.ts'
import { DAY, durationMs, plus } from '../domain/time.ts'
import type { ExitCode } from './index.ts'
import { table } from './table.ts'
import { moment, styler, type Terminal, widthOf } from './terminal.ts'

export interface KeyParts {
  readonly terminal: Terminal
  now(): string
  actor(): string
  open(config: string): Promise<{
    readonly apiKeys: Pick<ApiKeys, 'keys' | 'revokeKey'> & {
      /** The text is shown once and kept nowhere. */
      create(
        wish: Pick<ApiKey, 'name' | 'role' | 'createdAt' | 'createdBy' | 'expiresAt'>,
      ): Promise<{ key: ApiKey; text: string }>
    }
    close(): Promise<void>
  }>
}

/** A key that nobody renews ends. */
const LONGEST = 366 * DAY

export async function runKeyCreate(
  { config, name, role, expires }: { config: string; name: string; role: Role; expires: string },
  parts: KeyParts,
): Promise<ExitCode> {
  const ms = durationMs(expires)
  if (ms === null || ms <= 0 || ms > LONGEST) {
    throw new AppError('usage', `--expires "${expires}": write a duration up to 366d, such as 90d`)
  }
  if (name.trim() === '' || name.length > 100)
    throw new AppError('usage', '--name: say in up to 100 characters who uses it')
  const installation = await parts.open(config)
  try {
    const createdAt = parts.now()
    const wish = { name: name.trim(), role, createdAt, createdBy: parts.actor(), expiresAt: plus(createdAt, ms) }
    const { key, text } = await installation.apiKeys.create(wish)
    parts.terminal.out.write(`${text}\n`)
    parts.terminal.err.write(
      `The key ${key.id} (${role}) for "${key.name}" lasts until ${moment(key.expiresAt)}. It is shown once; send it as "Authorization: Bearer …".\n`,
    )
    return 0
  } finally {
    await installation.close()
  }
}

export async function runKeyList(
  { config, format }: { config: string; format: 'table' | 'json' },
  parts: KeyParts,
): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const installation = await parts.open(config)
  try {
    const keys = await installation.apiKeys.keys()
    if (format === 'json') out.write(`${JSON.stringify({ schema: 'exhibit.keys/1', keys }, null, 2)}\n`)
    else if (keys.length === 0)
      err.write('there is no API key; "exhibit key create --name grc --role viewer" makes one\n')
    else print(keys, parts)
    return 0
  } finally {
    await installation.close()
  }
}

function print(keys: readonly ApiKey[], { terminal: { out }, now }: KeyParts): void {
  const style = styler(out)
  const standing = ({ revokedAt, expiresAt }: ApiKey): string => {
    if (revokedAt !== null) return style('gray', `revoked ${moment(revokedAt)}`)
    return expiresAt <= now()
      ? style('gray', `ended ${moment(expiresAt)}`)
      : style('green', `until ${moment(expiresAt)}`)
  }
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.role,
    standing(key),
    key.lastUsedAt === null ? 'never used' : moment(key.lastUsedAt),
    `${moment(key.createdAt)} by ${key.createdBy}`,
  ])
  const columns = [
    { title: 'key' },
    { title: 'name', flexible: true },
    ...['role', 'good', 'last used'].map((title) => ({ title })),
    { title: 'made', flexible: true, min: 20 },
  ]
  out.write(`${table(columns, rows, widthOf(out), (text) => style('dim', text))}\n`)
}

export async function runKeyRevoke(id: string, { config }: { config: string }, parts: KeyParts): Promise<ExitCode> {
  const installation = await parts.open(config)
  try {
    if (!(await installation.apiKeys.revokeKey(id, parts.now()))) {
      throw new AppError('usage', `there is no key "${id}" in use; "exhibit key list" shows them`)
    }
    parts.terminal.out.write(`the key ${id} is revoked and refused from now on\n`)
    return 0
  } finally {
    await installation.close()
  }
}
