import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { attn, folderForEach, program, project, quick, slow } from '../../support/cli/attn.js';

const schema = JSON.parse(readFileSync(join(project, 'docs/result.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** What the tests look at; the schema says the rest. */
interface Results {
  readonly experiments: readonly {
    readonly title: string;
    readonly hash: string;
    readonly runs: readonly {
      readonly at: object;
      readonly hash: string;
      readonly quantities: Readonly<Record<string, { readonly value: number; readonly certified: number }>>;
      readonly warnings?: readonly { readonly code: string }[];
      readonly failure?: { readonly line: number };
    }[];
    readonly expectations: readonly { readonly line: number; readonly verdict: string; readonly holds: boolean }[];
  }[];
}

function document(text: string): Results {
  const parsed: unknown = JSON.parse(text);
  const fits = validate(parsed);
  assert.ok(fits, JSON.stringify(validate.errors, null, 1));
  return parsed as Results;
}

describe('attn run', function () {
  this.timeout(60_000);
  const folder = folderForEach();
  const run = (args: readonly string[], options = {}) => attn(['run', '--no-cache', ...args], options);

  it('prints a table and exits with 0 when everything holds', async () => {
    const { status, out, err } = await run([folder.file('quick.attn', quick)]);
    assert.equal(err, '');
    assert.equal(status, 0);
    assert.match(out, /^Quick\n/);
    assert.match(out, /\n {2} *L +output_error +method\n/);
    assert.match(out, /\n +100 +\S+ +exact\n/);
    assert.match(out, /holds +output_error at \[L = 100\] below top/);
  });

  it('prints JSON that its schema describes', async () => {
    const { status, out } = await run([folder.file('quick.attn', quick), '--format', 'json']);
    assert.equal(status, 0);
    const experiment = document(out).experiments[0]!;
    assert.equal(experiment.title, 'Quick');
    assert.deepEqual(
      experiment.runs.map((one) => one.at),
      [{ L: 10 }, { L: 100 }, { L: 'inf' }],
    );
    assert.deepEqual(
      [experiment.expectations[0]!.line, experiment.expectations[0]!.verdict, experiment.expectations[0]!.holds],
      [13, 'holds', true],
    );
    const errors = experiment.runs.map((one) => one.quantities.output_error!.value);
    assert.ok(errors[0]! > errors[1]! && errors[1]! > 0 && errors[2] === 0);
    assert.ok(experiment.runs[0]!.quantities.output_error!.certified >= errors[0]!);
  });

  it('prints tidy CSV', async () => {
    const { out } = await run([folder.file('quick.attn', quick), '-f', 'csv']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(lines[0], ['L', 'axis', 'axis_value', 'quantity', 'value', 'lower', 'upper', 'method']);
    assert.ok(lines.every((line) => line.length === 8));
    const value = lines.find((line) => line[0] === '100' && line[3] === 'output_error')!;
    const json = document((await run([join(folder.path, 'quick.attn'), '-f', 'json'])).out);
    assert.equal(Number(value[4]), json.experiments[0]!.runs[1]!.quantities.output_error!.value);
    assert.equal(value[7], 'exact');
    assert.ok(lines.some((line) => line[0] === 'inf'));
  });

  it('gives the same bytes on any number of workers', async () => {
    const file = join(project, 'examples/icl-gradient-flow.attn');
    const answers = await Promise.all(['1', '2', '5'].map((workers) => run([file, '-f', 'csv', '--workers', workers])));
    assert.ok(answers[0]!.out.length > 1000);
    assert.equal(answers[1]!.out, answers[0]!.out);
    assert.equal(answers[2]!.out, answers[0]!.out);
  });

  it('exits with 2 when an expectation fails, and says at which line', async () => {
    const { status, out } = await run([folder.file('quick.attn', quick), '--set', 'top=1e-9']);
    assert.equal(status, 2);
    assert.match(out, /fails .*quick\.attn:13\)\n +output_error at \[L = 100\] = \S+, not below 1e-9\./);
  });

  it('exits with 2 for an undecided expectation under --strict only', async () => {
    const open = quick.replace(
      'concentrate { of = output }',
      'concentrate { of = output, samples = 64 }\n  solver { method = monte_carlo }',
    );
    const exact = document((await run([folder.file('quick.attn', quick), '-f', 'json'])).out).experiments[0]!.runs[1]!.quantities
      .output_error.value;
    const args = [folder.file('open.attn', open), '--set', `top=${exact}`];
    const { status, out } = await run(args);
    assert.match(out, /undecided/);
    assert.equal(status, 0);
    assert.equal((await run([...args, '--strict'])).status, 2);
  });

  it('exits with 1 for a spec that does not check, and runs nothing', async () => {
    const { status, out, err } = await run([folder.file('wrong.attn', quick.replace('length = L', 'lenght = L'))]);
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.match(err, /wrong\.attn:8:17: error attn\.E\d+: .*`length`/);
    assert.match(err, /\n8 \| {3}prompt +\{ lenght = L \}\n {2}\| {17}\^{6}\n/);
  });

  it('exits with 3 when a run fails, with the line that caused it', async () => {
    const diverging = `experiment "Diverges" {
  task linear_regression { dimension = 2 }
  prompt { length = 10 }
  attention { init = balanced(1) }
  train gradient_descent {
    rate = 1e6
    steps = 200
  }
}
`;
    const file = folder.file('diverging.attn', diverging);
    const { status, out } = await run([file]);
    assert.equal(status, 3);
    assert.match(out, /failed .*diverging\.attn:6\).*\[attn\.E601, diverged\]/);
    const json = await run([file, '-f', 'json']);
    assert.equal(json.status, 3);
    assert.equal(document(json.out).experiments[0]!.runs[0]!.failure?.line, 6);
  });

  it('marks a training that leaves the region of the infinite-prompt limit, with the time', async () => {
    const text = `experiment "Condenses" {
  sweep L over [4, 1000]
  task linear_regression { dimension = 20, covariance = identity }
  prompt { length = L }
  train gradient_flow { time = 16, points = 17 }
  measure condensation
}
`;
    const file = folder.file('condenses.attn', text);
    const { status, err } = await run([file]);
    assert.equal(status, 0);
    assert.match(err, /condenses\.attn:5:3: warning attn\.W510: L = 4: At time [\d.]+ the scores' mean variance passes 2 log L/);
    assert.equal((await run([file, '--quiet'])).err, '');
    const [condensed, not] = document((await run([file, '--format', 'json', '--quiet'])).out).experiments[0]!.runs;
    assert.equal(condensed?.warnings?.[0]?.code, 'W510');
    assert.equal(not?.warnings, undefined);
  });

  it('replaces settings by --set, and they are part of the hash', async () => {
    const file = folder.file('quick.attn', quick);
    const hash = async (...args: string[]) => document((await run([file, '-f', 'json', ...args])).out).experiments[0]!;
    const plain = await hash();
    const set = await hash('--set', 'attention.temperature=2');
    assert.notEqual(set.runs[0]!.hash, plain.runs[0]!.hash);
    assert.notEqual(set.hash, plain.hash);
    const { status, err } = await run([file, '--set', 'attention.temprature=2']);
    assert.equal(status, 1);
    assert.match(err, /temperature/);
  });

  it('comes back from a folder that cannot be made', async function () {
    if (process.platform !== 'linux') this.skip();
    // Node's own recursive mkdir never ends here.
    const { status, err } = await run([folder.file('quick.attn', quick), '--out', '/proc/none/here']);
    assert.equal(status, 1);
    assert.match(err, /cannot make the folder \/proc\/none\/here: /);
  });

  it('writes figures and data that say where they come from', async () => {
    const out = join(folder.path, 'made', 'here');
    const { status } = await run([folder.file('quick.attn', quick), '--out', out, '--quiet']);
    assert.equal(status, 0);
    const files = readdirSync(out);
    assert.ok(files.includes('quick.csv') && files.includes('quick.json'));
    const svg = files.filter((name) => name.endsWith('.svg'));
    assert.ok(svg.length > 0);
    const { hash } = document(readFileSync(join(out, 'quick.json'), 'utf8')).experiments[0]!;
    for (const name of [...svg, 'quick.csv', 'quick.json']) {
      const text = readFileSync(join(out, name), 'utf8');
      assert.ok(text.includes(hash) && /0\.1\.0/.test(text), name);
    }
    assert.deepEqual(
      files.filter((name) => name.includes('.tmp')),
      [],
    );
  });

  it('runs one experiment of several with --only, and names the nearest when there is none', async () => {
    const two = `${quick}\n${quick
      .replace('"Quick"', '"Slower"')
      .replace(/let .*\n/, '')
      .replace('below top', 'below 1e3')}`.replace(/\n\nlet top.*\n/, '\n');
    const file = folder.file('two.attn', two);
    const { out } = await run([file, '--only', 'Slower', '-f', 'json']);
    assert.deepEqual(
      document(out).experiments.map((one) => one.title),
      ['Slower'],
    );
    const { status, err } = await run([file, '--only', 'Slow']);
    assert.equal(status, 1);
    assert.match(err, /did you mean "Slower"/);
  });

  it('answers from the cache, and does not trust a damaged entry', async () => {
    const cache = join(folder.path, 'cache');
    const file = folder.file('quick.attn', quick);
    const cached = () => attn(['run', file, '-f', 'csv'], { env: { XDG_CACHE_HOME: cache } });
    const first = await cached();
    const entries = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    assert.equal(entries.length, 3);
    const again = await attn(['run', file], { env: { XDG_CACHE_HOME: cache } });
    assert.match(again.out, /3 from the cache/);
    writeFileSync(join(cache, entries[0]!), readFileSync(join(cache, entries[0]!), 'utf8').slice(0, -10));
    const repaired = await cached();
    assert.equal(repaired.out, first.out);
  });

  it('reads a spec from standard input', async () => {
    const { status, out } = await run(['-'], { input: quick });
    assert.equal(status, 0);
    assert.match(out, /^Quick\n {2}-, 3 runs/);
  });

  it('says what is wrong with its usage', async () => {
    for (const [args, message] of [
      [['run'], /needs FILE, one or more/],
      [['run', '--formt', 'csv', 'x'], /`--formt` is not an option of `attn run`; did you mean `--format`\?/],
      [['run', '--format', 'jsn', 'x'], /did you mean `json`\?/],
      [['run', '--workers', '0', 'x'], /whole number from 1/],
      [['run', '--out'], /`--out` needs a value/],
      [['rnu'], /did you mean `run`\?/],
      [[], /Usage: attn COMMAND/],
      [['run', join(folder.path, 'none.attn')], /cannot read .*none\.attn: there is no such file/],
      [['run', folder.path], /it is a folder/],
    ] as const) {
      const { status, out, err } = await attn(args);
      assert.equal(status, 1, args.join(' '));
      assert.equal(out, '');
      assert.match(err, message);
    }
  });

  it('says what it is and what it can do', async () => {
    for (const args of [['--help'], ['run', '--help'], ['check', '-h'], ['format', '--help'], ['explain', '--help']]) {
      const { status, out } = await attn(args);
      assert.equal(status, 0);
      assert.match(out, /^Usage: attn /);
    }
    for (const args of [['--version'], ['run', '--version'], ['explain', '-V']])
      assert.deepEqual(await attn(args), { status: 0, out: 'attn 0.1.0\n', err: '' });
  });

  it('ends with 130 when interrupted, at once, and leaves nothing half-done', async () => {
    const cache = join(folder.path, 'cache');
    const out = join(folder.path, 'out');
    let interrupted = 0;
    const answer = await attn(['run', folder.file('slow.attn', slow), '--out', out], {
      env: { XDG_CACHE_HOME: cache },
      whenStarted: (child) => {
        setTimeout(() => {
          interrupted = performance.now();
          child.kill('SIGINT');
        }, 2500);
      },
    });
    assert.equal(answer.status, 130);
    assert.equal(answer.out, '');
    assert.ok(performance.now() - interrupted < 1000);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name !== 'slow.attn' && name !== 'cache'),
      [],
    );
  });

  it('bears a reader that goes away', async () => {
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" "${program}" run --no-cache -f csv examples/icl-gradient-flow.attn | head -1`],
      { cwd: project },
    );
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    await new Promise((resolve) => child.on('close', resolve));
    assert.equal(out, 'L,kind,axis,axis_value,quantity,value,lower,upper,method\n');
    assert.equal(err, '');
  });

  it('bears a closed standard input', async () => {
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" "${program}" run --no-cache --quiet "${folder.file('quick.attn', quick)}" <&-`],
      { cwd: project },
    );
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  });

  it('runs again when the file changes, and keeps watching a file with a mistake', async () => {
    const file = folder.file('quick.attn', quick);
    const child = spawn(process.execPath, [program, 'run', '--no-cache', '--watch', file], {
      cwd: project,
      env: { ...process.env, NO_COLOR: '1' },
    });
    let out = '';
    let err = '';
    const until = async (condition: () => boolean) => {
      for (let i = 0; i < 800 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
      assert.ok(condition(), `${out}\n${err}`);
    };
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    const closed = new Promise((resolve) => child.on('close', resolve));
    await until(() => out.includes('Quick'));
    folder.file('quick.attn', quick.replace('Quick', 'Quick {'));
    folder.file('quick.attn', quick.replace('length = L', 'lenght = L'));
    await until(() => err.includes('lenght'));
    assert.doesNotMatch(out, /lenght/);
    folder.file('quick.attn', quick.replace('"Quick"', '"Renamed"'));
    await until(() => out.includes('Renamed'));
    child.kill('SIGINT');
    assert.equal(await closed, 130);
  });
});
