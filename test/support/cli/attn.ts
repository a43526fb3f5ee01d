/** The command line as a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../..', import.meta.url));
/** The bundle under test: of the sources as they stand, in a folder that nobody else builds into. */
const bundle = mkdtempSync(join(tmpdir(), 'attn-bundle-'));
export const program = join(bundle, 'cli.js');

let built = false;

/** Bundles once for each test process. */
export function build(): void {
  if (built) return;
  // Beside package.json, the bundle is known for a module.
  writeFileSync(join(bundle, 'package.json'), '{ "type": "module" }');
  execFileSync(process.execPath, ['esbuild.js', bundle], { cwd: project, stdio: 'pipe' });
  process.on('exit', () => rmSync(bundle, { recursive: true, force: true }));
  built = true;
}

export interface Answer {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Options {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly whenStarted?: (child: ChildProcess) => void;
}

export function attn(args: readonly string[], { input = '', cwd, env = {}, whenStarted }: Options = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: cwd ?? project, env: { ...process.env, NO_COLOR: '1', ...env } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    whenStarted?.(child);
  });
}

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'attn-test-'));

  file(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** For the tests of one `describe`: the command bundled, and for each of them a folder of its own, which is gone after it. */
export function folderForEach(): Pick<Folder, 'path' | 'file'> {
  let folder: Folder | undefined;
  before(function () {
    this.timeout(60_000);
    build();
  });
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder?.remove());
  return {
    get path() {
      return folder!.path;
    },
    file: (name, text) => folder!.file(name, text),
  };
}

/** A spec whose two runs take a millisecond. */
export const quick = `let top = 1e3

experiment "Quick" {
  sweep L over [10, 100, inf]

  tokens      { dimension = 2, law = gaussian(identity) }
  query       { at = [1, 0] }
  prompt      { length = L }
  attention   { key_query = 0.5 * identity, value = identity }
  concentrate { of = output }

  measure output_error
  expect output_error at [L = 100] below top
}
`;

/** A spec that keeps a worker busy for as long as a test needs. */
export const slow = `experiment "Slow" {
  sweep L over [1000, 1001]

  task linear_regression { dimension = 5, weights = gaussian(1/5), noise = sqrt(0.1), loss = squared }
  prompt    { length = L }
  attention { kernel = softmax, parameters = factored, init = random(seed: 1) }
  train sgd { rate = 1e-3, batch = 128, steps = 20_000, record = 1000 }

  measure risk
}
`;
