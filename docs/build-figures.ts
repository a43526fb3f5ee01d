/**
 * Runs the examples and puts one figure of each, as the command line draws it, into `examples/pictures`: those of the gallery and of `docs/theory.md`.
 * Usage: `npm run figures -- [NAME …]`, with the names of examples to redo alone.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Which figure of an example is its picture: the end of its name. `paper-grid` takes ten minutes and has none here. */
const figures: Readonly<Record<string, string>> = {
  'bayes-limit': 'alignment-against-time',
  concentration: 'output-error-against-l',
  heads: 'gains-against-step',
  'icl-gradient-flow': 'risk-against-time',
  quantiles: 'output-error-against-l',
  'rademacher-limit': 'output-error-against-l',
  'rare-queries': 'rate-of-output-error-against-l',
  regimes: 'rate-of-output-error-against-l',
  'single-index': 'risk-against-step',
  temperature: 'effective-tokens-against-t',
  'token-laws': 'gaussian-gap-against-β',
  uniform: 'uniform-error-against-l',
  'word-vectors': 'limit-norm-gaussian-gap-against-β',
  'statements/lemma-2-1': 'an-affine-limit.output-error-against-l',
  'statements/proposition-3-1': 'output-error-against-l',
  'statements/proposition-3-4': 'value-gradient-error-key-query-gradient-error-against-l',
  'statements/theorem-4-3': 'parameter-gap-against-time',
  'statements/theorem-5-1': 'bayes-rule.excess-risk-against-time',
};

const asked = process.argv.slice(2);
mkdirSync('examples/pictures', { recursive: true });
for (const [name, figure] of Object.entries(figures)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const out = mkdtempSync(join(tmpdir(), 'attn-figures-'));
  try {
    execFileSync(process.execPath, ['dist/cli.js', 'run', `examples/${name}.attn`, '--out', out, '--no-cache'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const drawn = readdirSync(out).filter((file) => file.endsWith(`${figure}.svg`));
    if (drawn.length !== 1) throw new Error(`${name} has ${drawn.length} figures ${figure}`);
    copyFileSync(join(out, drawn[0]!), `examples/pictures/${name.replace('/', '-')}.svg`);
    process.stdout.write(`${name}\n`);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
