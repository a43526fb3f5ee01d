/**
 * Measures what the project claims about speed, beside the programs one would write instead, and writes bench/RESULTS.md.
 * `npm run bench`; `npm run bench -- --rounds 5` for more repetitions, `--part process|length|peers|team|error|memory` (repeatable) for a part, printed only.
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
const parts = ['process', 'length', 'peers', 'team', 'error', 'memory'] as const;
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

const kernelNames = ['softmax', 'linear'] as const;
const lengths = [10, 100, 1000];
/** Enough of them that a block lasts some milliseconds. */
const stepsAt: Readonly<Record<number, { readonly ours: string; readonly peer: string }>> = {
  10: { ours: '20000', peer: '500' },
  100: { ours: '5000', peer: '200' },
  1000: { ours: '1000', peer: '50' },
};

/** Seconds per step of every contender, in every round: ratios are taken within a round. */
function besidePeers(): string {
  const found = new Map(['numpy', 'torch'].map((module) => [module, pythonWith(module)]));
  const taken = new Map<string, number[]>();
  const put = (key: string, out: Record<string, unknown>): void => {
    taken.set(key, [...(taken.get(key) ?? []), Number(out.seconds_per_step)]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const kernel of kernelNames) {
      for (const length of lengths) {
        const { ours: own, peer: theirs } = stepsAt[length]!;
        const common = ['--length', String(length), '--kernel', kernel, '--covariance', 'kms', '--steps'];
        put(`ours ${kernel} ${length}`, ours('sampled-step.ts', [...common, own]));
        for (const peer of peers) {
          const python = found.get(peer.module);
          if (python)
            put(
              `${peer.name} ${kernel} ${length}`,
              answer(python.program, [join('bench', 'peers', peer.script), ...common, theirs, ...peer.extra]),
            );
        }
      }
    }
  }
  const rowsOf = (kernel: string): string[][] => [
    ['Attn Lab, ms', ...lengths.map((length) => shown(spread(taken.get(`ours ${kernel} ${length}`)!), 1000))],
    ...peers.flatMap((peer) => {
      const cells = lengths.map((length) => {
        const theirs = taken.get(`${peer.name} ${kernel} ${length}`);
        if (theirs === undefined) return ['not installed', ''];
        const own = taken.get(`ours ${kernel} ${length}`)!;
        return [shown(spread(theirs), 1000), `**${shown(spread(theirs.map((seconds, i) => seconds / own[i]!)))}**`];
      });
      return [
        [`${peer.name}, ms`, ...cells.map(([milliseconds]) => milliseconds!)],
        ['÷ Attn Lab', ...cells.map(([, ratio]) => ratio!)],
      ];
    }),
  ];
  const versions = [...found].map(([module, python]) => (python === null ? `${module} not installed` : `${module} ${python.version}`));
  const sum = (kernel: string): number =>
    [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].reduce((total, length) => {
      // A step costs something for its prompts and something for every token: a line through the shortest and the longest.
      const [first, last] = [spread(taken.get(`ours ${kernel} 10`)!).median, spread(taken.get(`ours ${kernel} 1000`)!).median];
      return total + first + ((last - first) * (length - 10)) / 990;
    }, 0);
  const minutes = ((sum('softmax') + sum('linear')) * steps) / 2 / 60;
  return [
    '## A training step beside NumPy and PyTorch',
    '',
    `One head on in-context linear regression: d = ${dimension}, Σ = 0.5^|i−j|, batch ${batch}, fresh prompts at every step, factored parameters, one thread, single precision for all (${versions.join(', ')}). Milliseconds per step, and how many times longer the peer takes in the same round:`,
    '',
    ...kernelNames.flatMap((kernel) => [table([kernel, ...lengths.map((length) => `L = ${length}`)], rowsOf(kernel)), '']),
    `At these rates the grid of \`examples/paper-grid.attn\` (38 runs of ${steps} steps) is ${digits(minutes)} minutes of training on two cores, **extrapolated**.`,
  ].join('\n');
}

/** One long run on one worker and on two, whole processes; and what it costs that its curves grow while it runs. */
function oneRun(): string {
  const command = (workers: number): string[] => [
    'dist/cli.js',
    'run',
    'bench/one-run.attn',
    '--no-cache',
    '--quiet',
    '-j',
    String(workers),
  ];
  const taken: Record<1 | 2, number[]> = { 1: [], 2: [] };
  const losses = new Set<string>();
  const cost: number[] = [];
  let curves = 0;
  for (let round = 0; round < rounds; round++) {
    for (const workers of [1, 2] as const) {
      const from = performance.now();
      const child = spawnSync(process.execPath, [...command(workers), '--format', 'csv'], { cwd: root, encoding: 'utf8' });
      taken[workers].push((performance.now() - from) / 1000);
      if (child.status !== 0) throw new Error(`node ${command(workers).join(' ')} ended with ${child.status}: ${child.stderr}`);
      losses.add(child.stdout);
    }
    const out = ours('curves.ts', []);
    cost.push(Number(out.solved) / Number(out.plain));
    curves = Number(out.curves);
  }
  if (losses.size !== 1) throw new Error('one worker and two gave different numbers');
  const ratio = taken[1].map((seconds, i) => seconds / taken[2][i]!);
  return [
    '## One training alone',
    '',
    `\`node ${command(2).join(' ')}\` (8000 steps, L = 1000): ${shown(spread(taken[1]))} s on one worker, ${shown(spread(taken[2]))} s on two, which share each batch: **${shown(spread(ratio))}** times as fast, with the same numbers. The whole process, start included.`,
    '',
    `At L = 10, where steps are cheapest, a training whose curve of 100 points is made anew as it grows (${curves} times) takes **${shown(spread(cost))}** times as long as one that tells nothing.`,
  ].join('\n');
}

/** The same curve, exactly and by one run of SGD; and what sampling would take to come as near. */
function toEqualError(): string {
  const wanted = 1e-4;
  const rows = kernelNames.flatMap((kernel) =>
    lengths.map((length) => {
      const exact: number[] = [];
      const sampled: number[] = [];
      const ratio: number[] = [];
      let squares = 0;
      let exactError = 0;
      for (let round = 0; round < rounds; round++) {
        const out = ours('equal-error.ts', [String(length), kernel, String(round + 1)]);
        exact.push(Number(out.exactSeconds));
        sampled.push(Number(out.sampledSeconds));
        ratio.push(Number(out.sampledSeconds) / Number(out.exactSeconds));
        squares += Number(out.sampledError) ** 2 / rounds;
        exactError = Number(out.exactError);
      }
      const runs = Math.max(1, squares / wanted ** 2);
      return [
        kernel,
        String(length),
        shown(spread(exact)),
        exactError.toExponential(0),
        shown(spread(sampled)),
        Math.sqrt(squares).toExponential(1),
        `**${shown(spread(ratio))}**`,
        digits(runs * spread(ratio).median),
      ];
    }),
  );
  return [
    '## The exact solver against sampled SGD, to equal error',
    '',
    `The risk along 20 000 steps of size 10⁻³ from a balanced start, Σ = 0.5^|i−j|, one thread. “Exact” is the gradient flow on the population risk from a cold start at the default tolerance; “SGD” one run with batch ${batch}. The error of a curve is the root mean square over 41 points of its relative deviation from the flow solved to 10⁻¹⁰. “Same error”: SGD ÷ exact, seconds, at the error of one run, which the exact solver is far below. The last column is **extrapolated**: errors of averaged runs fall as one over the root of their number, as far as the bias of a finite step lets them.`,
    '',
    table(['kernel', 'L', 'exact, s', 'error', 'SGD, s', 'error', 'same error', `10⁻⁴`], rows),
  ].join('\n');
}

/** Resident memory of a process that trains, for prompts of any length. */
function memory(): string {
  const rows = kernelNames.map((kernel) => [
    kernel,
    ...['10', '1000', '100000', '1000000'].map((length) => {
      const out = ours('sampled-step.ts', ['--length', length, '--kernel', kernel, '--steps', '5', '--warmup', '1']);
      return digits(Number(out.resident_bytes) / 2 ** 20);
    }),
  ]);
  return [
    '## Memory of a training',
    '',
    'Resident megabytes of the whole process (Node and its TypeScript loader included) after some steps of batch 128, by prompt length:',
    '',
    table(['kernel', 'L = 10', '10³', '10⁵', '10⁶'], rows),
  ].join('\n');
}

const sections: string[] = [];
for (const [part, measure] of [
  ['process', wholeProcess],
  ['length', anyLength],
  ['peers', besidePeers],
  ['team', oneRun],
  ['error', toEqualError],
  ['memory', memory],
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
