/** `attn run`: solves the experiments of some specs, prints the results, writes figures and data. */
import { availableParallelism } from 'node:os';
import type { Finished } from '../../engine/export/source.js';
import { findingsOf } from '../../engine/findings.js';
import { cacheFolder, DiskCache } from '../../engine/node/cache.js';
import { DiskCheckpoints } from '../../engine/node/checkpoints.js';
import { nodeHost } from '../../engine/node/host.js';
import { type EngineEvent, EngineSession, type PlanResult } from '../../engine/session.js';
import { solverVersion } from '../../solver/version.js';
import type { Experiment } from '../../spec/experiment.js';
import type { Arguments } from '../arguments.js';
import { exit, UsageError } from '../exit.js';
import { removeTemporaries } from '../files.js';
import type { Loaded } from '../load.js';
import { Progress } from '../progress.js';
import { printable, styleFor, write } from '../terminal.js';
import { version } from '../version.js';

type Format = 'table' | 'json' | 'csv';

interface Options {
  readonly format: Format;
  readonly out: string | null;
  readonly strict: boolean;
  readonly quiet: boolean;
}

/** Threads that are started before the spec is read, so that they load while it is. More come where there is work for them. */
const earlyWorkers = 1;

export async function run(args: Arguments, script: URL): Promise<number> {
  const workers = workerCount(args.values.get('workers')?.[0]);
  const folder = args.flags.has('no-cache') ? null : cacheFolder(solverVersion);
  const cache = folder === null ? null : new DiskCache(folder);
  const checkpoints = folder === null ? null : new DiskCheckpoints(folder);
  let show = (_: EngineEvent) => {};
  const session = new EngineSession(nodeHost({ workers, cache, checkpoints, script }), (event) => show(event));
  session.warm(earlyWorkers);
  const leave = (): never => {
    session.dispose();
    cache?.abandon();
    checkpoints?.abandon();
    removeTemporaries();
    progress.clear();
    process.stderr.write('Interrupted.\n');
    process.exit(exit.interrupted);
  };
  let stopping: Promise<never> | null = null;
  const stop = () => {
    // Asked twice, it does not wait for what the workers have to say.
    if (stopping !== null) leave();
    stopping = session
      .stop()
      .then(() => checkpoints?.flush())
      .then(leave);
  };
  const options: Options = {
    format: (args.values.get('format')?.[0] ?? 'table') as Format,
    out: args.values.get('out')?.[0] ?? null,
    strict: args.flags.has('strict'),
    quiet: args.flags.has('quiet'),
  };
  const progress = new Progress(process.stderr, !options.quiet);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const { load } = await import('../load.js');

  const once = async (): Promise<number> => {
    const loaded = load(args);
    await reportDiagnostics(loaded, options.quiet);
    if (loaded.failed) return exit.input;
    const experiments = loaded.experiments.map(({ experiment }) => experiment);
    progress.start(experiments);
    show = (event) => {
      if (event.kind === 'notice' && !options.quiet) progress.say(noticeOf(event, experiments));
      progress.update(event);
    };
    const answer = await session.update({ file: loaded.experiments[0]?.file ?? '', experiments });
    if (answer.status !== 'finished') return stopping ?? exit.interrupted;
    progress.clear();
    return finish(loaded, answer, options);
  };

  if (args.flags.has('watch')) {
    const { watch } = await import('../watch.js');
    return watch(args.operands, once);
  }
  const status = await once();
  await Promise.all([cache?.flush(), checkpoints?.flush()]);
  return status;
}

function noticeOf({ experiment, run, notice }: Extract<EngineEvent, { kind: 'notice' }>, experiments: readonly Experiment[]): string {
  const name = `${printable(experiments[experiment]!.title)}, run ${run + 1}`;
  return notice === 'resumed'
    ? `${name}: goes on from its checkpoint.`
    : `${name}: its checkpoint is damaged and left out; it starts anew.`;
}

function workerCount(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1024)
    throw new UsageError(`\`--workers\` needs a whole number from 1 to 1024, not \`${text}\``, 'run');
  return count;
}

async function reportDiagnostics(loaded: Loaded, quiet: boolean): Promise<void> {
  const shown = loaded.diagnostics.filter(({ diagnostic }) => diagnostic.severity === 'error' || !quiet);
  if (shown.length === 0) return;
  const { humanDiagnostic } = await import('../diagnostics.js');
  const style = styleFor(process.stderr);
  await write(process.stderr, shown.map(({ file, text, diagnostic }) => humanDiagnostic(file, text, diagnostic, style)).join('\n'));
}

async function finish(loaded: Loaded, answer: PlanResult, options: Options): Promise<number> {
  const finished = answer.experiments.map((result, i): Finished => ({ file: loaded.experiments[i]!.file, result }));
  await print(finished, options);
  if (!options.quiet) await reportFindings(loaded, finished);
  if (options.out !== null) {
    const { exportAll } = await import('../export.js');
    const written = exportAll(finished, options.out, version);
    if (!options.quiet) await write(process.stderr, `Wrote ${written.length} file${written.length === 1 ? '' : 's'} to ${options.out}\n`);
  }
  return statusOf(finished, options.strict);
}

/** What the runs found out about the spec, as warnings at its lines. Failures stand with the results. */
async function reportFindings(loaded: Loaded, finished: readonly Finished[]): Promise<void> {
  const found = finished.flatMap(({ file, result }) =>
    findingsOf(result)
      .filter(({ severity }) => severity === 'warning')
      .map((finding) => ({ file, finding })),
  );
  if (found.length === 0) return;
  const { humanDiagnostic } = await import('../diagnostics.js');
  const style = styleFor(process.stderr);
  const texts = found.map(({ file, finding: { code, message, range } }) => {
    const text = loaded.sources.find(({ name }) => name === file)?.text ?? '';
    return humanDiagnostic(file, text, { code, message, severity: 'warning', start: range.start, end: firstLine(text, range) }, style);
  });
  await write(process.stderr, texts.join('\n'));
}

/** A block is marked at its first line. */
function firstLine(text: string, { start, end }: { readonly start: number; readonly end: number }): number {
  const newline = text.slice(start, end).search(/\r?\n/);
  return newline < 0 ? end : start + newline;
}

async function print(finished: readonly Finished[], { format, quiet }: Options): Promise<void> {
  switch (format) {
    case 'table': {
      const { table } = await import('../output/table.js');
      const style = styleFor(process.stdout);
      const texts = finished.map((one) => table(one, style, quiet)).filter((text) => text !== '');
      return write(process.stdout, texts.join('\n'));
    }
    case 'json': {
      const { jsonText } = await import('../../engine/export/json.js');
      return write(process.stdout, jsonText(finished, version));
    }
    case 'csv': {
      const { csvLines } = await import('../../engine/export/csv.js');
      for (const text of csvLines(finished, { version, provenance: false })) await write(process.stdout, text);
    }
  }
}

/** A failed run weighs more than a failed expectation: what it would have shown is not known. */
function statusOf(finished: readonly Finished[], strict: boolean): number {
  if (finished.some(({ result }) => result.runs.some((run) => run.status === 'failed'))) return exit.run;
  const fails = finished.some(({ result }) =>
    result.expectations.some(({ verdict }) => verdict === 'fails' || (strict && verdict === 'undecided')),
  );
  return fails ? exit.expectation : exit.ok;
}
