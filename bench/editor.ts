/**
 * Measures the extension in a real workbench and writes bench/EDITOR.md. `npm run bench:editor`; `-- --edits 60` for more edits,
 * `-- --part redraw|echo|pipeline|crowd|activation|idle|memory` (repeatable) for a part, printed only. The packaged VSIX is what is measured.
 *
 * Linux only: processor time and memory are read from /proc.
 */
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { installEditor } from '../test/support/vscode/install.js';
import { processesOf, roleOf } from '../test/support/vscode/processes.js';
import { root, vscodePackage } from '../test/support/vscode/versions.js';
import { type Told, Watch } from '../test/support/vscode/watch.js';
import { Workbench } from '../test/support/vscode/workbench.js';
import { crowd, curves, points } from './editor-crowd.js';
import { pipeline } from './editor-pipeline.js';
import { megabytes, ms, spreadHead, spreadRow, table } from './report.js';

const parts = ['redraw', 'echo', 'pipeline', 'crowd', 'activation', 'idle', 'memory'] as const;
const { values: options } = parseArgs({ options: { edits: { type: 'string', default: '40' }, part: { type: 'string', multiple: true } } });
const edits = Number(options.edits);
if (!Number.isInteger(edits) || edits < 2) throw new Error('--edits takes an integer above 1');
const wants = (part: (typeof parts)[number]): boolean => options.part === undefined || options.part.includes(part);
const load = loadavg()[0]!;
const vsix = join(root, 'attn-lab.vsix');
const example = 'icl-gradient-flow.attn';
const text = readFileSync(join(root, 'examples', example), 'utf8');

interface Opened {
  readonly workbench: Workbench;
  readonly watch: Watch;
}

/** As on a desktop by default: the server of a browser saves every second, and each key after that makes the file one that is to be saved again. */
const settings = { 'files.autoSave': 'off' };

/** The example beside its preview, with the cursor behind the first decimal of rho. */
async function openExample(): Promise<Opened> {
  const workbench = await Workbench.open({ vsix, files: { [example]: text }, settings });
  await workbench.openFile(example);
  await workbench.command('Attn: Open Preview to the Side');
  await workbench.panel().locator('canvas').first().waitFor();
  const watch = await Watch.start(workbench.page);
  await workbench.page.waitForTimeout(4000);
  await workbench.openFile(example);
  await workbench.select('0.5');
  await workbench.page.keyboard.type('0.55');
  await workbench.page.keyboard.press('ArrowLeft');
  await workbench.page.waitForTimeout(3000);
  await watch.take();
  return { workbench, watch };
}

/** Digits without a period: each inserted one makes a number that was not there before. */
const digit = (index: number): string => String((Math.imul(index + 1, 0x9e3779b1) >>> 8) % 10);

async function redraw({ workbench, watch }: Opened): Promise<string> {
  const { page } = workbench;
  const first: number[] = [];
  const whole: number[] = [];
  const exact: number[] = [];
  const arrived: number[] = [];
  const painted: number[] = [];
  const silent: number[] = [];
  for (let index = 0; index < edits; index += 1) {
    await page.keyboard.press(digit(index));
    await page.waitForTimeout(1500);
    const { keys, drawn, told } = await watch.take();
    const key = keys[0];
    const charts = told.filter((message) => message.parts.includes('charts'));
    const drawnAfter = (message: Told | undefined): number | undefined =>
      message && drawn.find(({ sequence }) => sequence >= message.sequence)?.time;
    const start = drawnAfter(charts[0]);
    const complete = drawnAfter(charts.find(({ isWhole }) => isWhole));
    const last = drawnAfter(charts.at(-1));
    if (start === undefined || complete === undefined || last === undefined) {
      silent.push(index);
      const news = told.map(({ time, parts: names }) => `${names.join(', ')} after ${ms(time - key!)}`);
      console.log(`no redraw after edit ${index}; the panel was told: ${news.join('; ') || 'nothing'}`);
    } else {
      first.push(start - key!);
      whole.push(complete - key!);
      exact.push(last - key!);
      arrived.push(charts[0]!.time - key!);
      painted.push(start - charts[0]!.time);
    }
    await page.keyboard.press('ArrowLeft');
    await page.waitForTimeout(300);
    await watch.take();
  }
  return [
    '## From a keystroke to the redrawn chart',
    '',
    `First example, eight exact trajectories, the preview beside it; ${edits} edits of \`rho\` that no cache holds, ${silent.length} of them without a redraw within 1.5 s. From the key event in the page until the frame with the new curves is painted. The file is not saved while one types, as on a desktop by default, here and for the editor itself above.`,
    '',
    table(spreadHead, [
      spreadRow('first chart of the new text', first),
      spreadRow('all curves of the new text', whole),
      spreadRow('the same to their own tolerance, which is solved when no key has come for 150 ms', exact),
      spreadRow('of the first: until its message is in the panel', arrived),
      spreadRow('of the first: from there until it is painted', painted),
    ]),
  ].join('\n');
}

/** The same keys, answered by an extension that does nothing but pass them on: what the platform itself takes. */
async function echo(): Promise<string> {
  const workbench = await Workbench.open({ development: join(root, 'bench', 'echo'), files: { [example]: text }, settings });
  try {
    await workbench.openFile(example);
    await workbench.command('Echo: Open');
    await workbench.panel().locator('canvas').first().waitFor();
    const watch = await Watch.start(workbench.page);
    await workbench.page.waitForTimeout(4000);
    await workbench.openFile(example);
    await workbench.select('0.5');
    await workbench.page.keyboard.press('ArrowRight');
    const painted: number[] = [];
    const arrived: number[] = [];
    await watch.take();
    for (let index = 0; index < edits; index += 1) {
      await workbench.page.keyboard.press(digit(index));
      await workbench.page.waitForTimeout(800);
      const { keys, told, drawn } = await watch.take();
      if (told.length === 0 || drawn.length === 0) throw new Error('the echo extension did not answer');
      arrived.push(told[0]!.time - keys[0]!);
      painted.push(drawn[0]!.time - keys[0]!);
    }
    return [
      '## What of this is the editor itself',
      '',
      'The same workbench with an extension that knows the grammar of the language and answers every change of the text with a message to a webview, which draws one rectangle (`bench/echo`): no extension that draws in a webview can be faster.',
      '',
      table(spreadHead, [spreadRow('until the message is in the webview', arrived), spreadRow('until it is painted', painted)]),
    ].join('\n');
  } finally {
    await workbench.close();
  }
}

async function processes(): Promise<string> {
  const times = await pipeline(join(root, 'dist'), { text, old: '0.5', edits, pause: 300 });
  return [
    '## The two processes by themselves',
    '',
    `The same ${edits} edits without an editor, over the same channels.`,
    '',
    table(spreadHead, [
      spreadRow('language server: change to plan', times.plan),
      spreadRow('solver: plan to all curves of eight runs, as drafts', times.charts),
    ]),
  ].join('\n');
}

async function crowded(): Promise<string> {
  const times = await crowd(join(root, 'dist'));
  return [
    `## ${curves} curves of ${points} points`,
    '',
    `The panel alone in the browser. A frame takes 16.7 ms at best. With the legend of all curves open the page has ${times.elements} elements.`,
    '',
    table(spreadHead, [
      spreadRow('new curves: message to painted chart', times.redraw),
      spreadRow('zoom with the wheel: between frames', times.zoom),
      spreadRow('drag: between frames', times.pan),
      spreadRow('crosshair: between frames', times.read),
    ]),
  ].join('\n');
}

/** Of the running extensions, scrolled through at most. */
const mostPages = 40;

/** The time that VS Code itself gives for the activation, each in a fresh window. */
async function activation(): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const workbench = await Workbench.open({ vsix, files: { [example]: text } });
    try {
      await workbench.openFile(example);
      await workbench.page.waitForTimeout(3000);
      await workbench.command('Developer: Show Running Extensions');
      const list = workbench.page.locator('.runtime-extensions-editor .monaco-list').first();
      const row = list.locator('.monaco-list-row', { hasText: 'Attn Lab' });
      // The list holds the rows in sight only.
      await list.hover();
      for (let page = 0; page < mostPages && (await row.count()) === 0; page += 1) {
        await workbench.page.mouse.wheel(0, 300);
        await workbench.page.waitForTimeout(200);
      }
      const shown = await row.first().locator('.activation-time').textContent();
      const time = /(\d+)\s*ms/.exec(shown ?? '')?.[1];
      if (time === undefined) throw new Error(`VS Code shows no activation time: ${shown}`);
      times.push(Number(time));
    } finally {
      await workbench.close();
    }
  }
  return [
    '## Activation',
    '',
    `By VS Code's own clock (Show Running Extensions), on opening a spec in three fresh windows: ${times.map(ms).join(', ')}.`,
  ].join('\n');
}

const roles = ['extension host', 'solver', 'language server'] as const;
type Role = (typeof roles)[number];

/** Seconds of processor time by role; what is not ours in the server's process group is left out. */
function seconds(workbench: Workbench): Map<Role, number> {
  const found = new Map<Role, number>();
  for (const process of processesOf(workbench.group)) {
    const role = roles.find((one) => one === roleOf(process));
    if (role !== undefined) found.set(role, (found.get(role) ?? 0) + process.seconds);
  }
  return found;
}

/** The same minutes in a window of its own, with an extension or without any: what VS Code takes by itself is in both. */
async function idleMinutes(extension: { readonly vsix: string } | { readonly development: null }): Promise<IdleMinutes> {
  const workbench = await Workbench.open({ ...extension, files: { [example]: text } });
  try {
    const { page } = workbench;
    await workbench.openFile(example);
    if ('vsix' in extension) await workbench.openPreview();
    const watch = 'vsix' in extension ? await Watch.start(page) : null;
    await workbench.openFile(example);
    await workbench.select('0.5');
    await page.keyboard.type('0.55');
    await page.waitForTimeout(settling);
    await watch?.take();
    const before = seconds(workbench);
    await page.waitForTimeout(idleTime);
    const after = seconds(workbench);
    const heard = await watch?.take();
    const used = new Map([...after].map(([role, time]) => [role, (1000 * (time - (before.get(role) ?? 0)) * 60_000) / idleTime]));
    return { used, told: heard?.told.length ?? 0, drawn: heard?.drawn.length ?? 0 };
  } finally {
    await workbench.close();
  }
}

interface IdleMinutes {
  /** Milliseconds of processor time in a minute. */
  readonly used: ReadonlyMap<Role, number>;
  readonly told: number;
  readonly drawn: number;
}

/** VS Code's own work after a start has come to its end. */
const settling = 60_000;
const idleTime = 120_000;

async function idle(): Promise<string> {
  const without = await idleMinutes({ development: null });
  const { used, told, drawn } = await idleMinutes({ vsix });
  const rows = roles.map((role) => {
    const [own, bare] = [used.get(role) ?? 0, without.used.get(role)];
    return [role, ms(own), bare === undefined ? 'is not there' : ms(bare), ms(own - (bare ?? 0))];
  });
  return [
    '## A minute without a key',
    '',
    `Processor time in a minute, the mean of ${idleTime / 60_000} that begin ${settling / 1000} s after the last edit, the preview open; beside it the same in a window without the extension, as VS Code's own extensions run in the same process. The panel was told ${told} times and drew ${drawn} times.`,
    '',
    table(['process', 'with the extension', 'without', 'the extension'], rows),
  ].join('\n');
}

interface Held {
  /** Bytes of the JavaScript heap, and of buffers beside it, after a collection. */
  readonly heap: number;
  readonly buffers: number;
  readonly resident: number;
}

/** What each process holds after a collection. A running process opens its inspector when it is told to. */
async function held(workbench: Workbench, node: string): Promise<Map<Role, Held>> {
  const found = new Map<Role, Held>();
  for (const process of processesOf(workbench.group)) {
    const role = roles.find((one) => one === roleOf(process));
    if (role === undefined) continue;
    const { stdout } = await promisify(execFile)(node, [join(import.meta.dirname, 'collected-heap.mjs'), String(process.id)], {
      timeout: 60_000,
    });
    found.set(role, JSON.parse(stdout) as Held);
  }
  return found;
}

const warmingUp = 100;
const batch = 500;
const batches = 3;

async function memory({ workbench, watch }: Opened): Promise<string> {
  const { page } = workbench;
  const { node } = await installEditor();
  let typed = 1000;
  const type = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      await page.keyboard.press(digit(typed));
      await page.keyboard.press('ArrowLeft');
      await page.waitForTimeout(120);
      typed += 1;
      // The number is started again before it is longer than the line is wide.
      if (index % 40 === 39) {
        await page.keyboard.press('End');
        await page.keyboard.press('Shift+Home');
        await page.keyboard.type(`let rho = 0.${1 + ((typed / 40) & 7)}5`);
        await page.keyboard.press('Escape');
        await page.keyboard.press('ArrowLeft');
      }
    }
    await page.waitForTimeout(10_000);
    await watch.take();
  };
  const columns: { readonly processes: ReadonlyMap<Role, Held>; readonly panel: number }[] = [];
  for (let round = 0; round <= batches; round += 1) {
    await type(round === 0 ? warmingUp : batch);
    columns.push({ processes: await held(workbench, node), panel: await watch.heap() });
  }
  const row = (name: string, of: (column: (typeof columns)[number]) => number | undefined): string[] => [
    name,
    ...columns.map((column) => {
      const bytes = of(column);
      return bytes === undefined ? 'ended' : megabytes(bytes);
    }),
  ];
  const kinds = [
    ['heap', (one: Held) => one.heap],
    ['buffers', (one: Held) => one.buffers],
    ['resident', (one: Held) => one.resident],
  ] as const;
  const rows = roles.flatMap((role) =>
    kinds.map(([kind, of]) =>
      row(`${role}, ${kind}`, ({ processes: found }) => {
        const one = found.get(role);
        return one === undefined ? undefined : of(one);
      }),
    ),
  );
  rows.push(row('panel, heap', ({ panel }) => panel));
  const head = ['', `after ${warmingUp} edits`, ...Array.from({ length: batches }, (_, i) => `${batch * (i + 1)} more`)];
  return [
    `## Memory over ${batches} × ${batch} edits`,
    '',
    'JavaScript heaps of the main threads and buffers beside them after a collection; resident memory of a process also holds what its allocator has not given back, its threads and its code.',
    '',
    table(head, rows),
  ].join('\n');
}

const sections: string[] = [];
const add = (section: string): void => {
  sections.push(section);
  console.log(`\n${section}`);
};
if (wants('pipeline')) add(await processes());
if (wants('crowd')) add(await crowded());
if (wants('echo')) add(await echo());
if (wants('activation')) add(await activation());
if (wants('idle')) add(await idle());
const inWorkbench = [
  ['redraw', redraw],
  ['memory', memory],
] as const;
if (inWorkbench.some(([part]) => wants(part))) {
  const opened = await openExample();
  const { workbench } = opened;
  try {
    for (const [part, measure] of inWorkbench) if (wants(part)) add(await measure(opened));
    await workbench.screenshot('bench-editor');
  } catch (error) {
    await workbench.screenshot('bench-editor-failed');
    throw error;
  } finally {
    await workbench.close();
  }
}
if (options.part === undefined) {
  const size = statSync(vsix).size;
  const page = [
    '# The extension, measured in a real workbench',
    '',
    `\`npm run bench:editor\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0]!.model.trim()}, ${megabytes(totalmem())}, Node ${process.version}, VS Code of ${vscodePackage.name} ${vscodePackage.version} in headless Chromium without a GPU, on the same processors. Load of the machine in the minute before: ${load.toFixed(2)}.`,
    '',
    `VSIX: ${megabytes(size)} (${size} bytes).`,
    ...sections.flatMap((section) => ['', section]),
    '',
  ].join('\n');
  writeFileSync(join(root, 'bench', 'EDITOR.md'), page);
}
