/**
 * Measures what the project claims about speed, beside the programs one would write instead, and writes bench/RESULTS.md.
 * `npm run bench`; `npm run bench -- --rounds 5` for more repetitions, `--part process|length|peers` (repeatable) for a part, printed only.
 *
 * Everything is a process of its own, and contenders take turns within a round, so that a busy moment of the machine does not fall on one of them alone.
 * A figure is the median over rounds, with the least and the most in brackets. ATTN_BENCH_PYTHON names the Python that has NumPy and PyTorch.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { solverVersion } from '../src/solver/version.js';
import { batch, dimension, steps, time } from './settings.js';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '..');
const parts = ['process', 'length', 'peers'] as const;
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, part: { type: 'string', multiple: true } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a positive integer');
for (const part of options.part ?? [])
  if (!(parts as readonly string[]).includes(part)) throw new Error(`--part is one of ${parts.join(', ')}`);
/** Of the last minute, before anything of ours ran. */
const load = loadavg()[0]!;
const wants = (part: (typeof parts)[number]): boolean => options.part === undefined || options.part.includes(part);

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function spread(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new Error('nothing was measured');
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, least: sorted[0]!, most: sorted[sorted.length - 1]! };
}

const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));
const shown = (s: Spread, scale = 1): string => `${digits(s.median * scale)} [${digits(s.least * scale)}–${digits(s.most * scale)}]`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Runs a program that prints one JSON object; throws with its own words when it fails. */
function answer(program: string, args: readonly string[]): Record<string, unknown> {
  const child = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 24 });
  if (child.error !== undefined) throw child.error;
  if (child.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${child.status}: ${child.stderr.trim()}`);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

const ours = (script: string, args: readonly string[]): Record<string, unknown> =>
  answer(process.execPath, ['--import', 'tsx', join('bench', script), ...args]);

function wholeProcess(): string {
  const args = ['dist/cli.js', 'run', 'examples/icl-gradient-flow.attn', '--no-cache'];
  const samples: number[] = [];
  let status: number | null = null;
  for (let i = 0; i < 11; i++) {
    const from = performance.now();
    const child = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    samples.push((performance.now() - from) / 1000);
    status = child.status;
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${child.stdout}${child.stderr}`);
  }
  const command = `\`node ${args.join(' ')}\``;
  return [
    '## A whole process',
    '',
    `${command}: **${shown(spread(samples))} s**, 11 runs. Eight exact trajectories, a table, two expectations.`,
  ].join('\n');
}

function anyLength(): string {
  const lengths = ['10', '1e3', '1e6', '1e9', '1e12'];
  const first = new Map<string, number[]>(lengths.map((length) => [length, []]));
  const again = new Map<string, number[]>(lengths.map((length) => [length, []]));
  for (let round = 0; round < rounds; round++) {
    for (const length of lengths) {
      const out = ours('trajectory.ts', [length, 'balanced']);
      first.get(length)!.push(Number(out.first));
      again.get(length)!.push(Number(out.again));
    }
  }
  const base = { first: spread(first.get('10')!).median, again: spread(again.get('10')!).median };
  const rows = lengths.map((length) => {
    const [a, b] = [spread(first.get(length)!), spread(again.get(length)!)];
    return [length, shown(a), digits(a.median / base.first), shown(b), digits(b.median / base.again)];
  });
  return [
    '## Cost against prompt length',
    '',
    `Exact population trajectory, d = ${dimension}, Σ = 0.5^|i−j|, softmax, balanced start, time ${time}, tolerance 10⁻⁶, each in a fresh process of one thread. “First” includes compiling and tables.`,
    '',
    table(['L', 'first, s', '÷ L = 10', 'again, s', '÷ L = 10'], rows),
  ].join('\n');
}

interface Peer {
  readonly name: string;
  readonly module: 'numpy' | 'torch';
  readonly script: string;
  readonly extra: readonly string[];
}

const peers: readonly Peer[] = [
  { name: 'NumPy, gradients by hand', module: 'numpy', script: 'peer_numpy.py', extra: [] },
  { name: "PyTorch, as a paper's script", module: 'torch', script: 'peer_torch.py', extra: ['--variant', 'module'] },
  { name: 'PyTorch, folded', module: 'torch', script: 'peer_torch.py', extra: ['--variant', 'folded'] },
];

/** The first Python that imports `module`, with the version of it; null where there is none. */
function pythonWith(module: string): { readonly program: string; readonly version: string } | null {
  const named = process.env.ATTN_BENCH_PYTHON;
  for (const program of named === undefined ? ['python3', '/usr/bin/python3'] : [named]) {
    const child = spawnSync(program, ['-c', `import ${module}; print(${module}.__version__)`], { encoding: 'utf8' });
    if (child.status === 0) return { program, version: child.stdout.trim() };
  }
  return null;
}

function besidePeers(): string {
  const lengths = [10, 100, 1000];
  const stepsAt: Readonly<Record<number, string>> = { 10: '500', 100: '200', 1000: '50' };
  const found = new Map(['numpy', 'torch'].map((module) => [module, pythonWith(module)]));
  const perStep = new Map<string, number[]>();
  const exact = new Map<number, number[]>(lengths.map((length) => [length, []]));
  const put = (key: string, out: Record<string, unknown>): void => {
    perStep.set(key, [...(perStep.get(key) ?? []), Number(out.seconds_per_step)]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const length of lengths) {
      const common = ['--length', String(length), '--covariance', 'kms', '--steps', stepsAt[length]!];
      exact.get(length)!.push(Number(ours('trajectory.ts', [String(length), 'balanced']).first));
      put(`ours ${length}`, ours('sampled-step.ts', common));
      for (const peer of peers) {
        const python = found.get(peer.module);
        if (python) put(`${peer.name} ${length}`, answer(python.program, [join('bench', 'peers', peer.script), ...common, ...peer.extra]));
      }
    }
  }
  const random = ours('trajectory.ts', ['100', 'random', 'once']);

  const stepRows = [
    ['Attn Lab, sampled SGD', ...lengths.map((length) => shown(spread(perStep.get(`ours ${length}`)!), 1000))],
    ...peers.map((peer) => [
      peer.name,
      ...lengths.map((length) => {
        const samples = perStep.get(`${peer.name} ${length}`);
        return samples === undefined ? 'not installed' : shown(spread(samples), 1000);
      }),
    ]),
  ];
  const minutes = (samples: readonly number[] | undefined): string =>
    samples === undefined ? 'not installed' : digits((spread(samples).median * steps) / 60);
  const wholeRows = lengths.map((length) => [
    String(length),
    shown(spread(exact.get(length)!)),
    minutes(perStep.get(`ours ${length}`)),
    ...peers.map((peer) => minutes(perStep.get(`${peer.name} ${length}`))),
  ]);
  const versions = [...found].map(([module, python]) => (python === null ? `${module} not installed` : `${module} ${python.version}`));
  return [
    '## Beside NumPy and PyTorch',
    '',
    `Training of one head on in-context linear regression: d = ${dimension}, Σ = 0.5^|i−j|, softmax, batch ${batch}, fresh prompts at every step, one thread. Milliseconds per SGD step (${versions.join(', ')}):`,
    '',
    table(['', ...lengths.map((length) => `L = ${length}`)], stepRows),
    '',
    `The whole training, ${steps} steps of size 10⁻³ or time ${time}. Attn Lab's exact trajectory is measured, in seconds, from a cold start. The SGD columns are **extrapolated**, in minutes: measured time of a step × ${steps}. The two are not the same computation:
SGD answers one noisy run, the exact trajectory the mean-field curve that such runs scatter around. Its start is the balanced one, for which only one-dimensional integrals are needed.`,
    '',
    table(['L', 'exact, s', 'Attn Lab SGD, min', ...peers.map((peer) => `${peer.name}, min`)], wholeRows),
    '',
    `From a random start with factored parameters, as in those scripts, averages are quasi-Monte Carlo: at L = 100, ${digits(Number(random.first))} s (one run), final risk ${Number(random.risk).toPrecision(6)} ± ${Number(random.standardError).toPrecision(2)}.`,
  ].join('\n');
}

const sections: string[] = [];
for (const [part, measure] of [
  ['process', wholeProcess],
  ['length', anyLength],
  ['peers', besidePeers],
] as const) {
  if (!wants(part)) continue;
  const section = measure();
  sections.push(section);
  console.log(`\n${section}`);
}
if (options.part === undefined) {
  const cores = cpus();
  const machine = `${cores[0]?.model.trim() ?? 'unknown processor'}, ${cores.length} logical cores; Node ${process.version}; Attn Lab solver ${solverVersion}; load average at the start ${load.toFixed(1)}`;
  const head = [
    '# Benchmark results',
    '',
    `Made by \`npm run bench -- --rounds ${rounds}\` on: ${machine}.`,
    '',
    'Median [least–most] over rounds; contenders take turns within a round. Ratios travel better than seconds.',
  ].join('\n');
  writeFileSync(join(folder, 'RESULTS.md'), `${[head, ...sections].join('\n\n')}\n`);
  console.log('\nWritten to bench/RESULTS.md');
}
