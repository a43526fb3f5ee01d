import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { csvParse, type DSVRowString } from 'd3-dsv';
import { PNG } from 'pngjs';
import { exported, taken } from '../support/vscode/exported.js';
import { example, first } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import { artifact, themes, type Workbench } from '../support/vscode/workbench.js';

interface Origin {
  readonly version: string;
  readonly hash: string;
  readonly seed: string;
  readonly method: string;
  readonly tolerance: string;
}

interface Quantity {
  readonly value: readonly (number | null)[];
  readonly against: string | null;
}

interface Data extends Pick<Origin, 'version'> {
  readonly experiments: readonly (Omit<Origin, 'version' | 'method'> & {
    readonly title: string;
    readonly file: string;
    readonly runs: readonly {
      readonly at: Readonly<Record<string, string | number>>;
      readonly method: string;
      readonly axes: Readonly<Record<string, readonly number[]>>;
      readonly quantities: Readonly<Record<string, Quantity>>;
    }[];
  })[];
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const pdflatex = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'pdflatex'))
  .find((path) => existsSync(path));

describe('exports of the packaged extension', function () {
  let workbench: Workbench;
  let svg: string | undefined;
  let data: Data | undefined;

  /** The first figure as SVG. */
  async function vector(): Promise<string> {
    svg ??= (await exported(workbench, 'SVG', '.svg')).toString('utf8');
    return svg;
  }

  /** What every file has to say of where it comes from, as the SVG says it. */
  async function originOf(): Promise<Origin> {
    return JSON.parse((await readAsXml(await vector()))[1]) as Origin;
  }

  async function numbers(): Promise<Data> {
    data ??= JSON.parse((await exported(workbench, 'JSON', '.json')).toString('utf8')) as Data;
    return data;
  }

  /** As a browser reads it, which stops at the first mistake as other programs do: name of the root, metadata, number of curves. */
  async function readAsXml(text: string): Promise<[string, string, number]> {
    const page = await workbench.page.context().newPage();
    return page
      .evaluate<[string, string, number]>(
        `((text) => {
          const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
          return [svg.documentElement.localName, svg.querySelector('metadata')?.textContent ?? '', svg.querySelectorAll('g > g > path').length];
        })(${JSON.stringify(text)})`,
      )
      .finally(() => page.close());
  }

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix'), files: { [first]: example(first) } }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });

  /** The text as a browser shows it, in `test/artifacts`. */
  async function picture(text: string, name: string): Promise<PNG> {
    const page = await workbench.page.context().newPage();
    try {
      await page.setContent(`<body style="margin:0">${text.replace(/^<\?xml[^>]*>/, '')}</body>`);
      return PNG.sync.read(await page.locator('svg').screenshot({ path: artifact(`${name}.png`) }));
    } finally {
      await page.close();
    }
  }

  it('SVG is a picture by itself, with its curves and its origin', async () => {
    const text = await vector();
    assert.doesNotMatch(text, /--vscode|<script|href=|url\(/);
    const drawn = await picture(text, 'export-svg');
    assert.ok(coloursOf(drawn).size > 8, `${coloursOf(drawn).size} colours`);
    const found = await readAsXml(text);
    assert.equal(found[0], 'svg');
    assert.equal(found[2], 8);
    const origin = JSON.parse(found[1]) as Origin;
    assert.equal(origin.version, version);
    assert.match(origin.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual([origin.seed, origin.method, origin.tolerance], ['0', 'exact', '1e-8']);
  });

  it('SVG is the same file whatever the theme of the editor: for paper', async () => {
    const paper = await vector();
    for (const [id, kind] of themes) {
      await workbench.theme(id);
      await workbench.panel().locator(`body.${kind}`).waitFor();
      assert.equal((await exported(workbench, 'SVG', '.svg')).toString('utf8'), paper, id);
    }
  });

  it('PNG is the same picture at 300 dots to the inch, with its origin', async () => {
    const bytes = await exported(workbench, 'PNG', '.png');
    writeFileSync(artifact('export-png.png'), bytes);
    // Decoding checks the checksum of every chunk.
    const decoded = PNG.sync.read(bytes);
    const [, width, height] = /width="([\d.]+)pt" height="([\d.]+)pt"/.exec(await vector())!.map(Number);
    assert.deepEqual(
      [decoded.width, decoded.height],
      [width!, height!].map((points) => Math.round((points / 72) * 300)),
    );
    assert.deepEqual([...decoded.data.subarray(0, 4)], [255, 255, 255, 255], 'white paper');
    const onScreen = await picture(await vector(), 'export-svg-again');
    for (const colour of mainColours(onScreen)) assert.ok(coloursOf(decoded).has(colour), `a line in ${colour}`);
    const chunks = chunksOf(bytes);
    const size = chunks.find(({ type }) => type === 'pHYs')!.body;
    assert.deepEqual([size.readUInt32BE(0), size.readUInt32BE(4), size[8]], [11811, 11811, 1]);
    const texts = chunks.filter(({ type }) => type === 'iTXt').map(({ body }) => body.toString('utf8').split('\0'));
    assert.deepEqual(JSON.parse(texts.find(([keyword]) => keyword === 'Comment')!.at(-1)!), await originOf());
  });

  it('JSON holds every number and its origin', async () => {
    const [found, origin] = [await numbers(), await originOf()];
    const [experiment] = found.experiments;
    assert.deepEqual(
      [found.version, experiment!.hash, experiment!.seed, experiment!.tolerance],
      [version, origin.hash, origin.seed, origin.tolerance],
    );
    assert.equal(experiment!.file, first, 'the name of the spec, and not where it lies');
    assert.equal(experiment!.runs.length, 8);
    assert.ok(experiment!.runs.every(({ method }) => method === 'exact'));
  });

  it('CSV says the same as JSON, number by number', async () => {
    const [found, origin] = [await numbers(), await originOf()];
    const rows = csvParse((await exported(workbench, 'CSV', '.csv')).toString('utf8'));
    const compared = new Set<DSVRowString>();
    for (const { at, axes, quantities } of found.experiments[0]!.runs) {
      const ofRun = rows.filter((row) => Object.entries(at).every(([name, value]) => row[name] === String(value)));
      for (const [name, { value, against }] of Object.entries(quantities)) {
        const ofQuantity = ofRun.filter((row) => row.quantity === name);
        assert.equal(ofQuantity.length, value.length, name);
        ofQuantity.forEach((row, i) => {
          assert.equal(row.value === '' ? null : Number(row.value), value[i], name);
          if (against !== null) assert.equal(Number(row.axis_value), axes[against]![i]);
          compared.add(row);
        });
      }
    }
    assert.equal(compared.size, rows.length);
    assert.ok(rows.length > 1000);
    for (const key of ['hash', 'seed', 'tolerance', 'version', 'method'] as const) {
      assert.deepEqual(new Set(rows.map((row) => row[key])), new Set([origin[key]]), key);
    }
  });

  it('pgfplots holds the curves of the data, and compiles where there is a LaTeX', async () => {
    const text = (await exported(workbench, 'pgfplots', '.tex')).toString('utf8');
    for (const [key, value] of Object.entries(await originOf())) assert.ok(text.includes(`% ${key}: ${value}\n`), key);
    const curves = [...text.matchAll(/\\addplot\[[^\]]*\] coordinates \{([^}]*)\};/g)].map((match) =>
      [...match[1]!.matchAll(/\(([^,]+),([^)]+)\)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
    );
    const risks = (await numbers()).experiments[0]!.runs.map(({ axes, quantities }) =>
      axes.time!.map((t, i) => [t, quantities.risk!.value[i]!] as const),
    );
    assert.equal(curves.length, risks.length);
    const unlike = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
      a.length === b.length
        ? Math.max(...a.map(([x, y], i) => Math.abs(x! - b[i]![0]!) + Math.abs(y! - b[i]![1]!)))
        : Number.POSITIVE_INFINITY;
    for (const risk of risks) assert.ok(curves.some((curve) => unlike(curve, risk) < 1e-5));
    if (pdflatex !== undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'attn-latex-'));
      try {
        const head = '\\documentclass{article}\\usepackage{pgfplots}\\usepgfplotslibrary{groupplots,fillbetween}\\pgfplotsset{compat=1.16}';
        writeFileSync(join(folder, 'figure.tex'), text);
        writeFileSync(join(folder, 'page.tex'), `${head}\\begin{document}\\input{figure}\\end{document}\n`);
        execFileSync(pdflatex, ['-interaction=nonstopmode', '-halt-on-error', 'page.tex'], {
          cwd: folder,
          stdio: 'pipe',
          timeout: 120_000,
        });
        assert.ok(existsSync(join(folder, 'page.pdf')));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  });

  it('Copy figure puts the picture on the clipboard', async () => {
    const { page } = workbench;
    await workbench.panel().getByRole('button', { name: 'Copy figure' }).first().click();
    await page.locator('.statusbar', { hasText: 'Figure copied' }).waitFor();
    // Only reading asks for a permission; the extension has none.
    await page.context().grantPermissions(['clipboard-read']);
    await workbench.inFront();
    const found = await page.evaluate<string>(`navigator.clipboard.read()
      .then(([item]) => item.getType('image/png'))
      .then((blob) => new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(',')[1]);
        reader.readAsDataURL(blob);
      }))`);
    const copied = PNG.sync.read(Buffer.from(found, 'base64'));
    assert.ok(copied.width > 2000);
    for (const colour of mainColours(await picture(await vector(), 'export-svg-again'))) assert.ok(coloursOf(copied).has(colour), colour);
  });

  it('exports by the palette, by keys alone, in the theme of the settings', async () => {
    const { page } = workbench;
    await workbench.setting('attn.export.theme', 'dark');
    await workbench.openFile(first);
    await workbench.command('Attn: Export Figure...');
    const choice = page.locator('.quick-input-list .monaco-list-row');
    await choice.filter({ hasText: 'Softmax follows' }).first().waitFor();
    await workbench.until('figures that can be told from one another', async () => {
      const names = await choice.allTextContents();
      return names.length === 2 && new Set(names).size === 2;
    });
    await workbench.screenshot('export-which-figure');
    await page.keyboard.press('Enter');
    await choice.filter({ hasText: 'pgfplots' }).waitFor();
    await page.keyboard.press('Enter');
    const dark = (await taken(workbench, await workbench.saveWhereProposed('.svg'))).toString('utf8');
    const drawn = await picture(dark, 'export-svg-dark');
    assert.ok(
      [...drawn.data.subarray(0, 3)].every((value) => value < 60),
      'dark paper',
    );
    await workbench.screenshot('export-done');
  });
});

function coloursOf({ data }: PNG): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += 4) {
    const colour = data.subarray(i, i + 3).toString('hex');
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

/** Paper, and the colours of lines: those that fill whole pixels. */
function mainColours(picture: PNG): string[] {
  return [...coloursOf(picture)]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([colour]) => colour);
}

function chunksOf(png: Buffer): { readonly type: string; readonly body: Buffer }[] {
  const chunks: { readonly type: string; readonly body: Buffer }[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), body: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)) });
  }
  return chunks;
}
