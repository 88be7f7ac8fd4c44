/** `exhibit.yaml` as it is written: its value, the line of each part, and all that is wrong with it. */
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { isMap, LineCounter, type Node, parseDocument, type Document as YamlDocument } from 'yaml'
import { AppError } from '../domain/error.ts'

export type Path = readonly (string | number)[]

export class Written {
  /** A line for each mistake. */
  readonly problems: string[] = []
  readonly value: unknown
  readonly #name: string
  readonly #folder: string
  readonly #document: YamlDocument
  readonly #lines = new LineCounter()

  constructor(text: string, file: string) {
    this.#name = basename(file)
    this.#folder = dirname(resolve(file))
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' })
    for (const { pos, message } of this.#document.errors)
      this.problems.push(`${this.#name}:${this.#lines.linePos(pos[0]).line}: ${message.split('\n')[0]}`)
    this.refuseIfWrong()
    this.value = this.#document.toJS() ?? {}
  }

  /** Notes a mistake at the line of the path. */
  complain(path: Path, text: string): void {
    this.problems.push(`${this.at(path)}: ${text}`)
  }

  refuseIfWrong(): void {
    if (this.problems.length > 0) this.refuse()
  }

  /** Throws AppError `configuration` with a line for each mistake. */
  refuse(): never {
    throw new AppError('configuration', this.problems.join('\n'))
  }

  /** A path in the file is relative to its folder. */
  place(path: string): string {
    return isAbsolute(path) ? path : resolve(this.#folder, path)
  }

  /** "exhibit.yaml:12" of the deepest node on the path that exists. */
  at(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#offset(path.slice(0, length))
      if (offset !== null) return `${this.#name}:${this.#lines.linePos(offset).line}`
    }
    return this.#name
  }

  #offset(path: Path): number | null {
    const parent = path.length === 0 ? null : (this.#document.getIn(path.slice(0, -1), true) as Node | undefined)
    const key = path.at(-1)
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => String((item.key as { value?: unknown })?.value ?? item.key) === String(key),
      )
      const range = (pair?.key as Node | null | undefined)?.range
      if (range != null) return range[0]
    }
    const node = path.length === 0 ? this.#document.contents : (this.#document.getIn(path, true) as Node | undefined)
    return (node as Node | null | undefined)?.range?.[0] ?? null
  }
}
