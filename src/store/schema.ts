/**
 * The layout of the database, once (design section 8). Append only: a step that has been released is never edited, a
 * change is a further step.
 *
 * What moves at every pull stays out of every versioned row: `lastSeen` and the like live in one packed blob per run and
 * source, the request log in one per pull; rows are written for what changed, and absence is a row too.
 */
import type Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'

/** "EXIB": tells our file from any other SQLite database (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x45584942

const FIRST = `
create table leaf (
  idx integer primary key,
  kind text not null,
  body text not null,
  hash text not null
) strict;

create index leaf_kind on leaf(kind, idx);

-- The Merkle tree over the leaves: every perfect subtree above them, written when its last leaf comes.
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

-- What outside authorities answered about a checkpoint, as received.
create table stamp (
  size integer not null references checkpoint(size),
  authority text not null,
  stamped_at text not null,
  reply blob not null,
  primary key (size, authority)
) strict, without rowid;
create index stamp_moment on stamp(stamped_at);

create table settings (
  digest text primary key,
  body blob not null
) strict, without rowid;

-- The checks that judged a run, named with their versions: without them an old run could not be judged by its own rules.
create table check_set (
  digest text primary key,
  body text not null
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

-- A place in every pull of a source; base: the first answer of base_day there; seen: the UTC month in which a pull named
-- it last; request, headers: what its first answer said, null before it; a request that reads as the name is null too.
create table place (
  id integer primary key,
  source text not null,
  name text not null,
  base integer references page(id) on delete set null,
  base_day text,
  seen text,
  request text,
  headers text,
  unique (source, name)
) strict;
create index place_base on place(base) where base is not null;

-- What a place answers from that run on; request and headers are null where they are as the place says.
create table answer (
  place integer not null references place(id),
  run integer not null references run(sequence),
  sha256 blob not null,
  request text,
  status integer not null,
  headers text,
  secret integer not null,
  bytes integer,
  primary key (place, run)
) strict, without rowid;
-- A few bytes of the digest find the row; whole ones would cost 80 MB a year.
create index answer_body on answer(substr(sha256, 1, 4));

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

-- Pages that no answer names, because the log of their pull holds them whole.
create table repeat (
  source text not null,
  run integer not null references run(sequence),
  sha256 blob not null,
  primary key (source, run, sha256)
) strict, without rowid;
create index repeat_body on repeat(sha256);

create table population (
  id integer primary key,
  source text not null,
  kind text not null,
  unique (source, kind)
) strict;

-- A record. gone: the run that saw it no more, null while it is there; digest: of what it says now, null once it is gone.
-- shape, body: its frame, what it said in the run that frame names, against which later versions are told.
create table thing (
  id integer primary key,
  population integer not null references population(id),
  key text not null,
  gone integer,
  digest blob,
  frame integer not null,
  shape integer not null references shape(id),
  body text not null,
  unique (population, key)
) strict;
create index thing_alive on thing(population, key) where gone is null;

create table shape (
  id integer primary key,
  kind text not null,
  fields text not null,
  unique (kind, fields)
) strict;

-- What a record said from that run on: where frame is set, the body is the difference from that of the run named there;
-- else a frame that serves no more, with its shape. No body: absent from that run on.
create table version (
  thing integer not null references thing(id),
  run integer not null references run(sequence),
  frame integer,
  shape integer references shape(id),
  body text,
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

-- What a check says beside its counts and findings.
create table verdict (
  id integer primary key,
  body text not null unique
) strict;

-- verdict, counts and digest are null where the check gave no result from that run on.
create table result (
  series integer not null references series(id),
  run integer not null references run(sequence),
  verdict integer references verdict(id),
  counts text,
  digest blob,
  primary key (series, run)
) strict, without rowid;
create index result_verdict on result(verdict);

create table subject (
  id integer primary key,
  kind text not null,
  source text not null,
  key text not null,
  label text not null,
  unique (source, kind, key)
) strict;

-- label: null where it is the subject's first. facts: their names, a shape of the kind "facts"; body: their values, then
-- what else there is. stable: tells whether the next run says the same.
-- until_run: the first run without it. since_run: the status and reason are these since. first_run: open since, without a
-- pass; failed_run: failing since, without a pass.
create table finding (
  id integer primary key,
  series integer not null references series(id),
  subject integer not null references subject(id),
  version integer not null,
  status text not null,
  reason text,
  label text,
  facts integer not null references shape(id),
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
create index finding_closed on finding(until_run) where until_run is not null;

-- Pulls that something handed out rests on.
create table packed (
  id integer primary key,
  source text not null,
  run integer not null references run(sequence),
  unique (source, run)
) strict;

-- Pages to be looked at, since somebody who named them is gone.
create table doomed (
  page integer primary key
) strict;

create table entry (
  area text not null,
  key text not null,
  value text not null,
  expires_at text,
  primary key (area, key)
) strict, without rowid;
`

const SECOND = `
-- What is told to endpoints, in the order in which it became true: no sequence is used twice.
create table event (
  sequence integer primary key autoincrement,
  id text not null unique,
  type text not null,
  at text not null,
  body text not null
) strict;
create index event_moment on event(at);

-- Counts of its deliveries, kept by the triggers below: to count a year of them would take as long as to read it.
create table endpoint (
  id text primary key,
  disabled_at text,
  because text,
  failing_since text,
  delivered_at text,
  waiting integer not null default 0,
  delivered integer not null default 0,
  dead integer not null default 0
) strict, without rowid;

-- due_at: null unless it waits; while leased is 1, the end of the lease. since: when it was made, or replayed.
create table delivery (
  endpoint text not null references endpoint(id),
  event integer not null references event(sequence) on delete cascade,
  state text not null,
  attempts integer not null default 0,
  due_at text,
  leased integer not null default 0,
  error text,
  since text not null,
  changed_at text not null,
  primary key (endpoint, event)
) strict, without rowid;
create index delivery_event on delivery(event);
create index delivery_due on delivery(endpoint, due_at, event) where state = 'waiting';
create index delivery_unsettled on delivery(event) where state <> 'delivered';
create index delivery_changed on delivery(changed_at);

create trigger delivery_made after insert on delivery begin
  update endpoint set waiting = waiting + (new.state = 'waiting'), delivered = delivered + (new.state = 'delivered'),
    dead = dead + (new.state = 'dead') where id = new.endpoint;
end;
create trigger delivery_moved after update of state on delivery when old.state <> new.state begin
  update endpoint set waiting = waiting + (new.state = 'waiting') - (old.state = 'waiting'),
    delivered = delivered + (new.state = 'delivered') - (old.state = 'delivered'),
    dead = dead + (new.state = 'dead') - (old.state = 'dead') where id = new.endpoint;
end;
create trigger delivery_gone after delete on delivery begin
  update endpoint set waiting = waiting - (old.state = 'waiting'), delivered = delivered - (old.state = 'delivered'),
    dead = dead - (old.state = 'dead') where id = old.endpoint;
end;

create table attempt (
  event integer not null,
  endpoint text not null,
  n integer not null,
  at text not null,
  ms integer not null,
  status integer,
  error text,
  answer text,
  primary key (event, endpoint, n),
  foreign key (endpoint, event) references delivery(endpoint, event) on delete cascade
) strict, without rowid;

-- digest: SHA-256 of the whole key, which is kept nowhere.
create table api_key (
  id text primary key,
  name text not null,
  role text not null,
  created_at text not null,
  created_by text not null,
  expires_at text not null,
  last_used_at text,
  revoked_at text,
  digest text not null
) strict, without rowid;
`

const THIRD = `
-- Whom the checks judged: what is otherwise from that run on than after the row before it, the first told against nothing.
create table judged (
  run integer primary key references run(sequence),
  body blob not null
) strict;

-- Numbers for subjects that are no records. until: the run from which on no check judges it; null while one does.
create table stated (
  id integer primary key,
  source text not null,
  kind text not null,
  key text not null,
  until integer,
  unique (source, kind, key)
) strict;
create index stated_until on stated(until) where until is not null;
`

export type Step = (db: Database.Database) => void

/**
 * The digest of a pull is made of those of its listings from here on (domain/digests.ts). No table changes; a program that
 * makes it in one must not read on. Pulls that were sealed before no longer have their digest: none of it was released.
 */
const fourth: Step = () => {}

const STEPS: readonly Step[] = [(db) => db.exec(FIRST), (db) => db.exec(SECOND), (db) => db.exec(THIRD), fourth]

/** Brings the file to our layout, each step whole or not at all. A file of a newer program is refused untouched. */
export function migrate(db: Database.Database, path: string, readonly: boolean, steps = STEPS): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > steps.length) {
    throw new AppError(
      'storage',
      `store: ${path} was written by a newer version of this program (layout ${found}, this one knows ${steps.length}); start that version or a newer one`,
    )
  }
  if (found === steps.length && isOurs(db)) return
  if (found > 0 ? !isOurs(db) : hasTables(db)) {
    throw new AppError('storage', `store: ${path} is a database of another program; point "data" to an empty folder`)
  }
  if (readonly) {
    throw new AppError(
      'storage',
      `store: ${path} has layout ${found} and this program reads ${steps.length}; run "sync" once, which brings it up to date`,
    )
  }
  for (;;) {
    const done = db.transaction(step).immediate(db, steps)
    if (done) return
  }
}

/** One step in its own transaction; true when none is left. The version is read inside: another process may be at it. */
function step(db: Database.Database, steps: readonly Step[]): boolean {
  const version = db.pragma('user_version', { simple: true }) as number
  const change = steps[version]
  if (change === undefined) return true
  change(db)
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${version + 1}`)
  return version + 1 === steps.length
}

/** Whether the file says that it is one of this program's. */
export function isOurs(db: Database.Database): boolean {
  return db.pragma('application_id', { simple: true }) === APPLICATION_ID
}

function hasTables(db: Database.Database): boolean {
  return db.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
}
