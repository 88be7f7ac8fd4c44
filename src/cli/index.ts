/** The command line: the commands of design section 4 and their exit codes. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { ROLES } from '../domain/api-key.ts'
import { FRAMEWORKS } from '../domain/control-view.ts'
import { AppError } from '../domain/error.ts'
import { SAMPLE_KINDS } from '../domain/sample.ts'
import { runBackup } from './backup.ts'
import { runCheck } from './check.ts'
import { runControls } from './controls.ts'
import { runDoctor } from './doctor.ts'
import { runExplain } from './explain.ts'
import { runExplainLeaver } from './explain-leaver.ts'
import { runExport } from './export.ts'
import { runInit } from './init.ts'
import { runKeyCreate, runKeyList, runKeyRevoke } from './key.ts'
import { runLedgerCheckpoint, runLedgerRotate } from './ledger.ts'
import { runPacket } from './packet.ts'
import type { CliParts } from './parts.ts'
import { runReperform } from './reperform.ts'
import { runReport } from './report.ts'
import { runRestore } from './restore.ts'
import { runReviewExport, runReviewImport, runReviewList } from './review.ts'
import { runSample } from './sample.ts'
import { runSync } from './sync.ts'
import { runVerify } from './verify.ts'
import {
  runWebhookDeliveries,
  runWebhookEnable,
  runWebhookList,
  runWebhookReplay,
  runWebhookSecret,
  runWebhookTest,
} from './webhook.ts'

/** 0 good · 1 something fails or does not verify · 2 something is unknown or incomplete · 64 usage · 70 internal. */
export type ExitCode = 0 | 1 | 2 | 64 | 70

const CODES = `
Exit codes: 0 good · 1 something fails · 2 nothing fails, but something is unknown or incomplete
            64 usage or configuration error · 70 internal error`

function number(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new AppError('usage', `"${text}" is no whole number`)
  return value
}

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value]
}

export function program(parts: CliParts, exit: (code: ExitCode) => void): Command {
  const root = new Command('exhibit')
    .description(
      'Reads who can reach a tailnet and how healthy their devices are, and hands out evidence that auditors can check.',
    )
    .version(parts.version)
    .addHelpText('after', CODES)
    .showHelpAfterError('(exhibit --help lists the commands)')
    .configureOutput({
      writeOut: (text) => parts.terminal.out.write(text),
      writeErr: (text) => parts.terminal.err.write(text),
    })
  const command = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .option('--config <file>', 'configuration file', 'exhibit.yaml')
      .addHelpText('after', CODES)
  const format = new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table')

  command('init', 'write a commented starter exhibit.yaml and people.csv; overwrites nothing')
    .option('--schema', 'print the JSON Schema of exhibit.yaml instead')
    .action(async (options) => exit(await runInit(options, parts)))

  command('doctor', 'per source: reachable, authenticated, which scopes are there and which checks a missing one costs')
    .argument('[source...]', 'only these sources')
    .addOption(format)
    .action(async (sources, options) => exit(await runDoctor(sources, options, parts)))

  command('sync', 'one run: read every source, or those named, and judge')
    .argument('[source...]', 'sources to read; the others keep their last reading')
    .option('--accept <source>', 'take a reading that was held because far fewer records came')
    .option('--because <reason>', 'why the fall is right; recorded with your name')
    .option('--nonce <text>', 'seal this text into the run: whoever gave it knows that the run began after it')
    .addOption(format)
    .action(async (sources, options) => exit(await runSync(sources, options, parts)))

  command('check', 'results of the newest run')
    .argument('[id...]', 'check ids or refs: offboarded-access-removed, ID-02')
    .option('--as-of <moment>', 'the run that was newest at this moment: an RFC 3339 instant, or a UTC day (its end)')
    .option('--only <statuses>', 'only these subjects: fail,unknown,pass,not_applicable')
    .addOption(format)
    .action(async (ids, options) => exit(await runCheck(ids, options, parts)))

  command('explain', 'one check: rule, parameters, inputs, facts, why this answer, how to fix it; or one leaver')
    .argument('<check>', 'check id or ref; "leaver" for somebody who left: what they could reach, for how long')
    .argument('[subject]', 'subject key or name; of a leaver e-mail, alias or name')
    .option('--as-of <moment>', 'the run that was newest at this moment')
    .addOption(format)
    .action(async (check, subject, options) =>
      exit(
        await (check === 'leaver'
          ? runExplainLeaver(subject, options, parts)
          : runExplain(check, subject, options, parts)),
      ),
    )

  command('controls', 'results by control: your own list first, then each framework; our mapping, not the auditor’s')
    .addOption(new Option('--framework <framework>', 'only this framework').choices(FRAMEWORKS))
    .option('--as-of <moment>', 'the run that was newest at this moment')
    .addOption(format)
    .action(async (options) => exit(await runControls(options, parts)))

  command('export', 'results in a format that other tools read')
    .addOption(
      new Option('--kind <kind>', 'which format')
        .choices(parts.outputs.map((output) => output.id))
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'write to a file instead of stdout')
    .option('--as-of <moment>', 'the run that was newest at this moment')
    .option('--from <moment>', 'of a period: its beginning, an RFC 3339 instant or a UTC day')
    .option('--to <moment>', 'its end: an RFC 3339 instant, or a UTC day (its end)')
    .action(async (options) => exit(await runExport(options, parts)))

  command('report', 'the PDF to hand to an auditor: what it is, scope, results, subjects, request log')
    .requiredOption('-o, --output <file>', 'where to write it')
    .option('--as-of <moment>', 'the run that was newest at this moment')
    .option('--from <moment>', 'of a period: its beginning, an RFC 3339 instant or a UTC day')
    .option('--to <moment>', 'its end: an RFC 3339 instant, or a UTC day (its end)')
    .addOption(new Option('--framework <framework>', 'only checks mapped to it, by criterion').choices(FRAMEWORKS))
    .option('--control <id>', 'one of your own controls, on a page or three, with its CSV beside it')
    .option('--check <check>', 'one check, by id or ref, on a page or three, with its CSV beside it')
    .action(async (options) => exit(await runReport(options, parts)))

  command('packet', 'the audit packet: a signed ZIP with all that the verdicts of a period rest on, checked without us')
    .requiredOption('--from <moment>', 'its beginning: an RFC 3339 instant, or a UTC day')
    .requiredOption('--to <moment>', 'its end: an RFC 3339 instant, or a UTC day (its end)')
    .option('--at <moment>', 'pack the state at this moment too; repeatable', collect, [])
    .option('--sample <file>', 'pack the evidence of every row of this sample; repeatable', collect, [])
    .option(
      '--pulls-up-to <MB>',
      'of the readings around what happened only so much, accounts first; all without it',
      number,
    )
    .requiredOption('-o, --output <file>', 'where to write the ZIP')
    .action(async (options) => exit(await runPacket(options, parts)))

  command('sample', 'a sample that anybody can draw again: seals what can be drawn, then draws from it by a seed')
    .addArgument(new Argument('<kind>', 'what is drawn').choices(SAMPLE_KINDS))
    .option('--size <count>', 'rows to draw', number)
    .option('--seed <seed>', 'what the auditor named after the frame was sealed; "timestamp": an outside stamp over it')
    .option('--as-of <moment>', 'of what there was at this moment; the newest run without it')
    .option('--from <moment>', 'of what there was, or happened, in a period: its beginning')
    .option('--to <moment>', 'its end')
    .option('--frame <id>', 'this sealed frame, not the newest')
    .option('-o, --output <file>', 'the keys of the frame, one a line; with --seed the sample for "packet --sample"')
    .addOption(format)
    .action(async (kind, options) => exit(await runSample(kind, options, parts)))

  command(
    'reperform',
    'make past verdicts again from the bytes that vendors sent, and compare them with what was sealed',
  )
    .option('--as-of <moment>', 'the run that was newest at this moment; without any, the newest run')
    .option('--from <moment>', 'every run of a period: its first moment or UTC day')
    .option('--to <moment>', 'its last moment or UTC day')
    .addOption(format)
    .action(async (options) => exit(await runReperform(options, parts)))

  root
    .command('verify')
    .description(
      'verify an audit packet: signature, ledger, and every verdict made again; no configuration, no network',
    )
    .argument('<file>', 'the ZIP')
    .option('--fingerprint <hex>', 'of the key that you trust, as you were told it by another way')
    .option('--checkpoint <file>', 'a checkpoint that you were given earlier, or the file that collects them')
    .option('--challenge [name]', 'change what decided each pass, in a copy, and see it turn; of one check or subject')
    .addOption(format)
    .addHelpText('after', CODES)
    .action(async (file, options) => exit(await runVerify(file, options, parts)))

  command('backup', 'copy the whole database, while the service goes on, into one file; the signing key is not in it')
    .requiredOption('-o, --output <file>', 'where to write it')
    .action(async (options) => exit(await runBackup(options, parts)))

  command('restore', 'put a backup into the data folder of the configuration, which must hold no database')
    .argument('<file>', 'the backup')
    .action(async (file, options) => exit(await runRestore(file, options, parts)))

  const serving = (one: Command): Command =>
    one.option('--host <address>', 'address to listen on').option('--port <port>', 'port to listen on', number)
  serving(command('serve', 'web pages, API and schedule')).action(async (options) => {
    await parts.serve(options.config, { host: options.host ?? null, port: options.port ?? null })
    exit(0)
  })
  const family = (name: string, description: string) => {
    const own = root.command(name).description(description)
    const member = (of: string, does: string): Command =>
      own
        .command(of)
        .description(does)
        .option('--config <file>', 'configuration file', 'exhibit.yaml')
        .addHelpText('after', CODES)
    return { own, member }
  }
  const ledger = family('ledger', 'the evidence ledger: its newest checkpoint, its key')
  ledger
    .member('checkpoint', 'print the newest signed checkpoint')
    .action(async (options) => exit(await runLedgerCheckpoint(options, parts)))
  ledger
    .member('rotate', 'go on under a new key; the old one signs the hand-over')
    .action(async (options) => exit(await runLedgerRotate(options, parts)))

  const webhook = family('webhook', 'the endpoints that are told of changes, and what was sent')
  const filtered = (one: Command): Command =>
    one
      .option('--endpoint <id>', 'only to this endpoint')
      .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'delivered', 'dead']))
      .option('--event <id>', 'only this event')
      .option('--since <moment>', 'only events from then on: an RFC 3339 instant or a UTC day')
      .option('--until <moment>', 'only events up to then: an RFC 3339 instant, or a UTC day (its end)')
  webhook
    .member('list', 'the endpoints, whether they take what is sent, and what waits')
    .addOption(format)
    .action(async (options) => exit(await runWebhookList(options, parts)))
  webhook.own
    .command('secret')
    .description('make a good secret and print it; nothing is kept')
    .option('--ed25519', 'a key pair, so that the receiver can verify and not sign')
    .action((options) => exit(runWebhookSecret(options, parts)))
  webhook
    .member('test', 'send a test event to an endpoint and say what it answered')
    .argument('<endpoint>', 'its id')
    .action(async (endpoint, options) => exit(await runWebhookTest(endpoint, options, parts)))
  filtered(webhook.member('deliveries', 'what was sent, newest first; with --event every attempt and answer'))
    .option('--limit <count>', 'at most so many', number, 50)
    .addOption(format)
    .action(async (options) => exit(await runWebhookDeliveries(options, parts)))
  filtered(webhook.member('replay', 'send again: one event, a range, or all that died (--state dead)')).action(
    async (options) => exit(await runWebhookReplay(options, parts)),
  )
  webhook
    .member('enable', 'use an endpoint again that was disabled')
    .argument('<endpoint>', 'its id')
    .action(async (endpoint, options) => exit(await runWebhookEnable(endpoint, options, parts)))

  const review = family(
    'review',
    'reviews of access: who keeps an account, decided by people and signed off in the ledger',
  )
  review
    .member('export', 'freeze the accounts of a system and write the table to decide in')
    .requiredOption('--system <source>', 'the tailnet source')
    .requiredOption('-o, --output <file>', 'where to write the CSV')
    .option('--as-of <moment>', 'its accounts at this moment; the newest run without it')
    .action(async (options) => exit(await runReviewExport(options, parts)))
  review
    .member('import', 'take the filled table and sign it off')
    .argument('<file>', 'the CSV, every row decided')
    .option('--by <name>', 'who signs it off; your login without it')
    .action(async (file, options) => exit(await runReviewImport(file, options, parts)))
  review
    .member('list', 'the reviews, and what became of every removal and change of role')
    .addOption(format)
    .action(async (options) => exit(await runReviewList(options, parts)))

  const key = family('key', 'API keys: who reads by machine')
  key
    .member('create', 'make a key and print it, once')
    .requiredOption('--name <name>', 'who uses it')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('viewer'))
    .option('--expires <duration>', 'how long it lasts', '90d')
    .action(async (options) => exit(await runKeyCreate(options, parts)))
  key
    .member('list', 'the keys, those that ended too')
    .addOption(format)
    .action(async (options) => exit(await runKeyList(options, parts)))
  key
    .member('revoke', 'refuse a key from now on')
    .argument('<key>', 'its id')
    .action(async (id, options) => exit(await runKeyRevoke(id, options, parts)))

  command('link', 'print a fresh one-time sign-in link').action(async (options) => {
    const installation = await parts.open(options.config)
    try {
      parts.terminal.out.write(`${await installation.link()}\n`)
    } finally {
      await installation.close()
    }
    exit(0)
  })
  serving(
    root
      .command('demo')
      .description('serve a made-up organisation over built-in vendor simulators; reads no configuration'),
  ).action(async (options) => {
    await parts.demo({ host: options.host ?? null, port: options.port ?? null })
    exit(0)
  })
  serving(command('start', 'serve where the configuration exists, demo otherwise')).action(async (options) => {
    const serve = { host: options.host ?? null, port: options.port ?? null }
    await (parts.configExists(options.config) ? parts.serve(options.config, serve) : parts.demo(serve))
    exit(0)
  })
  root
    .command('simulate')
    .description('the vendor simulators alone, for experiments of your own')
    .option('--port <port>', 'first of the ports to listen on; any free ones by default', number)
    .option('--devices <count>', 'a generated fleet of this size instead of the demo organisation', number)
    .option('--seed <number>', 'seed of the generated fleet', number, 1)
    .option('--delay <ms>', 'time that every answer takes', number, 0)
    .option('--fault <fault>', 'vendor:endpoint:kind, for example tailscale:users:html502; repeatable', collect, [])
    .action(async (options) => {
      await parts.simulate({
        port: options.port ?? null,
        devices: options.devices ?? null,
        seed: options.seed,
        delayMs: options.delay,
        faults: options.fault,
      })
      exit(0)
    })
  // A parse error ends in main's one place, with exit code 64.
  for (const one of [root, ...root.commands.flatMap((own) => [own, ...own.commands])]) one.exitOverride()
  return root
}

/** The exit code of what a command threw, and what the person is told. */
export function failure(error: unknown): { code: ExitCode; message: string | null } {
  if (error instanceof CommanderError) {
    const asked = ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
    // Commander has printed its own line already.
    return { code: asked && error.exitCode === 0 ? 0 : 64, message: null }
  }
  if (error instanceof AppError && error.code !== 'internal') {
    return { code: error.code === 'usage' || error.code === 'configuration' ? 64 : 70, message: error.message }
  }
  return { code: 70, message: null }
}
