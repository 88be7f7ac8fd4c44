/**
 * The layout of the database, once (design section 8). Append only: a step that has been released is never edited, a
 * change is a further step.
 *
 * What moves at every pull stays out of every versioned row: `lastSeen` and the like live in one packed blob per run and
 * source, the request log in one per pull; rows are written for what changed, and absence is a row too.
 */
import type Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'
import type { Ledger } from '../domain/ledger.ts'
import { repeatedIn } from './requests.ts'

/** "EXIB": tells our file from any other SQLite database (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x45584942

const FIRST = `
create table leaf (
  idx integer primary key,
  kind text not null,
  body text not null,
  hash text not null
) strict;

create table settings (
  digest text primary key,
  body blob not null
) strict, without rowid;

create table run (
  sequence integer primary key,
  id text not null unique,
  started_at text not null,
  snapshot_at text not null,
  software text not null,
  build text not null,
  settings text not null references settings(digest),
  snapshot_digest text not null,
  results_digest text not null,
  check_set_digest text not null,
  leaf integer not null unique references leaf(idx),
  sources blob not null
) strict;
create index run_moment on run(sequence, snapshot_at);

-- Bodies as received, once by digest. base: the body that this one is compressed against, itself without a base.
create table page (
  id integer primary key,
  sha256 blob not null unique,
  kept_at text not null,
  sealed integer not null default 0,
  coding integer not null,
  base integer references page(id),
  body blob not null
) strict;
create index page_base on page(base) where base is not null;
create index page_unsealed on page(kept_at) where sealed = 0;

-- A place in every pull of a source; base: the first answer of base_day there.
create table place (
  id integer primary key,
  source text not null,
  name text not null,
  base integer references page(id) on delete set null,
  base_day text,
  unique (source, name)
) strict;
create index place_base on place(base) where base is not null;

create table answer (
  place integer not null references place(id),
  run integer not null references run(sequence),
  sha256 blob not null,
  request text not null,
  status integer not null,
  headers text not null,
  secret integer not null,
  primary key (place, run)
) strict, without rowid;

-- fell: 1 for a pull that was taken although its population had fallen, as somebody accepted.
create table pull (
  source text not null,
  run integer not null references run(sequence),
  kind text not null,
  outcome text not null,
  collected_at text not null,
  ended_at text not null,
  error_code text,
  error_message text,
  config_digest text not null,
  counts text not null,
  fell integer not null,
  digest text not null,
  log blob not null,
  held blob,
  unique (source, run)
) strict;
create index pull_held on pull(source) where held is not null;

create table population (
  id integer primary key,
  source text not null,
  kind text not null,
  unique (source, kind)
) strict;

-- gone: the run that saw it no more, null while it is there.
create table thing (
  id integer primary key,
  population integer not null references population(id),
  key text not null,
  born integer not null,
  gone integer,
  unique (population, key)
) strict;
create index thing_alive on thing(population) where gone is null;

create table shape (
  id integer primary key,
  kind text not null,
  fields text not null,
  unique (kind, fields)
) strict;

-- shape, body and digest are null where the record is absent from that run on.
create table version (
  thing integer not null references thing(id),
  run integer not null references run(sequence),
  shape integer references shape(id),
  body text,
  digest blob,
  primary key (thing, run)
) strict, without rowid;

create table volatile (
  source text not null,
  run integer not null references run(sequence),
  digest text not null,
  body blob not null,
  unique (source, run)
) strict;

-- One check over one system ('' for none). judged: the newest run in which the check itself answered.
create table series (
  id integer primary key,
  check_id text not null,
  system text not null,
  judged integer not null default 0,
  unique (check_id, system)
) strict;

create table verdict (
  id integer primary key,
  body text not null unique
) strict;

-- verdict and digest are null where the check gave no result from that run on.
create table result (
  series integer not null references series(id),
  run integer not null references run(sequence),
  verdict integer references verdict(id),
  digest text,
  primary key (series, run)
) strict, without rowid;

create table subject (
  id integer primary key,
  kind text not null,
  source text not null,
  key text not null,
  unique (source, kind, key)
) strict;

-- until_run: the first run without it. since_run: the status and reason are these since. first_run: open since, without a pass; failed_run: failing since, without a pass.
create table finding (
  id integer primary key,
  series integer not null references series(id),
  subject integer not null references subject(id),
  version integer not null,
  status text not null,
  reason text,
  label text not null,
  body text not null,
  stable blob not null,
  from_run integer not null references run(sequence),
  until_run integer references run(sequence),
  cause text,
  since_run integer not null,
  first_run integer not null,
  failed_run integer
) strict;
create index finding_open on finding(series) where until_run is null;
create index finding_subject on finding(series, subject, from_run);

create table entry (
  area text not null,
  key text not null,
  value text not null,
  expires_at text,
  primary key (area, key)
) strict, without rowid;
`

/**
 * The Merkle tree over the leaves. node: every perfect subtree above the leaves, written when its last leaf comes.
 * stamp: what outside authorities answered about a checkpoint, as received.
 */
const TREE = `
create index leaf_kind on leaf(kind, idx);

create table node (
  level integer not null,
  idx integer not null,
  hash blob not null,
  primary key (level, idx)
) strict, without rowid;

create table checkpoint (
  size integer primary key,
  origin text not null,
  root text not null,
  note text not null
) strict;

create table stamp (
  size integer not null references checkpoint(size),
  authority text not null,
  stamped_at text not null,
  reply blob not null,
  primary key (size, authority)
) strict, without rowid;
create index stamp_moment on stamp(stamped_at);
`

/** The checks that judged a run, named with their versions: without them an old run could not be judged by its own rules. */
const CHECK_SETS = `
create table check_set (
  digest text primary key,
  body text not null
) strict, without rowid;
`

/**
 * What the retention rule needs (retention.ts). place.seen: the UTC month in which a pull named it last. repeat: pages
 * that no answer names, because the log of their pull holds them whole. packed: pulls that something handed out rests
 * on. doomed: pages to be looked at, since somebody who named them is gone.
 */
const RETENTION = `
alter table place add column seen text;
update place set seen = (select substr(max(snapshot_at), 1, 7) from run);

-- A few bytes of the digest find the row; whole ones would cost 80 MB a year.
create index answer_body on answer(substr(sha256, 1, 6));
create index result_verdict on result(verdict);
create index finding_closed on finding(until_run) where until_run is not null;

create table repeat (
  source text not null,
  run integer not null references run(sequence),
  sha256 blob not null,
  primary key (source, run, sha256)
) strict, without rowid;
create index repeat_body on repeat(sha256);

create table packed (
  id integer primary key,
  source text not null,
  run integer not null references run(sequence),
  unique (source, run)
) strict;

create table doomed (
  page integer primary key
) strict;
`

type Step = (db: Database.Database, ledger: Pick<Ledger, 'completedBy'>) => void

const STEPS: readonly Step[] = [
  (db) => db.exec(FIRST),
  (db, ledger) => {
    db.exec(TREE)
    growTree(db, ledger)
  },
  (db) => {
    db.exec(RETENTION)
    nameRepeats(db)
  },
  (db) => db.exec(CHECK_SETS),
]

/** The subtrees over leaves that were written before there were any. */
function growTree(db: Database.Database, ledger: Pick<Ledger, 'completedBy'>): void {
  const leaves = db.prepare<[], { idx: number; hash: string }>('select idx, hash from leaf order by idx')
  const leafHash = db.prepare<[number], string>('select hash from leaf where idx = ?').pluck()
  const nodeHash = db.prepare<[number, number], Buffer>('select hash from node where level = ? and idx = ?').pluck()
  const addNode = db.prepare<[number, number, Buffer]>('insert into node (level, idx, hash) values (?, ?, ?)')
  const read = (level: number, index: number): string =>
    level === 0 ? leafHash.get(index)! : nodeHash.get(level, index)!.toString('hex')
  for (const { idx, hash } of leaves.all()) {
    for (const node of ledger.completedBy(idx, hash, read)) {
      addNode.run(node.level, node.index, Buffer.from(node.hash, 'hex'))
    }
  }
}

/** The pages that logs written before hold whole. */
function nameRepeats(db: Database.Database): void {
  const pulls = db.prepare<[], { rowid: number }>('select rowid from pull')
  const pull = db.prepare<[number], { source: string; run: number; log: Buffer }>(
    'select source, run, log from pull where rowid = ?',
  )
  const add = db.prepare<[string, number, Buffer]>(
    'insert or ignore into repeat (source, run, sha256) values (?, ?, ?)',
  )
  for (const { rowid } of pulls.all()) {
    const { source, run, log } = pull.get(rowid)!
    for (const sha256 of repeatedIn(log, `the request log of ${source} in run ${run}`)) add.run(source, run, sha256)
  }
}

/** The layout that this program reads and writes. */
export const SCHEMA_VERSION = STEPS.length

/** Brings the file to our layout, each step whole or not at all. A file of a newer program is refused untouched. */
export function migrate(
  db: Database.Database,
  path: string,
  readonly: boolean,
  ledger: Pick<Ledger, 'completedBy'>,
): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > SCHEMA_VERSION) {
    throw new AppError(
      'storage',
      `store: ${path} was written by a newer version of this program (layout ${found}, this one knows ${SCHEMA_VERSION}); start that version or a newer one`,
    )
  }
  if (found === SCHEMA_VERSION && isOurs(db)) return
  if (found > 0 ? !isOurs(db) : hasTables(db)) {
    throw new AppError('storage', `store: ${path} is a database of another program; point "data" to an empty folder`)
  }
  if (readonly) {
    throw new AppError(
      'storage',
      `store: ${path} has layout ${found} and this program reads ${SCHEMA_VERSION}; run "sync" once, which brings it up to date`,
    )
  }
  for (;;) {
    const done = db.transaction(step).immediate(db, ledger)
    if (done) return
  }
}

/** One step in its own transaction; true when none is left. The version is read inside: another process may be at it. */
function step(db: Database.Database, ledger: Pick<Ledger, 'completedBy'>): boolean {
  const version = db.pragma('user_version', { simple: true }) as number
  const change = STEPS[version]
  if (change === undefined) return true
  change(db, ledger)
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${version + 1}`)
  return version + 1 === STEPS.length
}

/** Whether the file says that it is one of this program's. */
export function isOurs(db: Database.Database): boolean {
  return db.pragma('application_id', { simple: true }) === APPLICATION_ID
}

function hasTables(db: Database.Database): boolean {
  return db.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
}
