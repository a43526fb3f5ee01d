// Makes the pictures of README.md and docs/editor.md in `media`: the packaged extension in the real workbench.
// `npm run pictures` packages first; another VSIX can be named. Needs ImageMagick's `convert` on the path (Debian: imagemagick).
// The animation shows states, one after the other, when their curves are all there: its pace says nothing about speed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { example, first } from './specs.js';
import { root } from './versions.js';
import { Workbench } from './workbench.js';

const settings = {
  'workbench.colorTheme': 'Default Light Modern',
  'workbench.layoutControl.enabled': false,
  'window.commandCenter': false,
  'breadcrumbs.enabled': false,
  'editor.minimap.enabled': false,
  'editor.wordWrap': 'on',
  'testing.automaticallyOpenTestResults': 'neverOpen',
};
const size = { width: 1200, height: 720 };
const vsix = process.argv[2] ?? join(root, 'attn-lab.vsix');
const failing = 'expectations.attn';
const files = { [first]: example(first), [failing]: example(first).replace(/expect risk at .*/, 'expect risk below 0.3') };

const folder = mkdtempSync(join(tmpdir(), 'attn-pictures-'));
const workbench = await Workbench.open({ files, settings, vsix, ...size });
const { page } = workbench;

/** Waits until every run is in, and what has been drawn stands still. */
async function settled(): Promise<void> {
  const status = workbench.panel().locator('header .status');
  await workbench.until('all runs are done', async () => /^\d+ runs?$/.test((await status.textContent()) ?? ''));
  await page.waitForTimeout(400);
}

async function still(name: string): Promise<void> {
  await page.mouse.move(600, 715);
  await page.waitForTimeout(400);
  const raw = join(folder, `${name}.png`);
  await page.screenshot({ path: raw });
  convert([raw, '-strip', '-define', 'png:compression-level=9', `PNG24:${join(root, 'media', `${name}.png`)}`], `${name}.png`);
}

interface Frame {
  readonly file: string;
  /** Hundredths of a second. */
  readonly stay: number;
}
const frames: Frame[] = [];

async function frame(stay: number): Promise<void> {
  const file = join(folder, `frame-${String(frames.length).padStart(3, '0')}.png`);
  await page.screenshot({ path: file });
  frames.push({ file, stay });
}

function convert(args: readonly string[], name: string): void {
  execFileSync('convert', [...args], { timeout: 120_000 });
  console.log(`media/${name}: ${Math.round(statSync(join(root, 'media', name)).size / 1000)} kB`);
}

async function animate(): Promise<void> {
  await frame(150);
  await workbench.select('0.5');
  await page.locator('.find-widget.visible').waitFor({ state: 'hidden' });
  await frame(60);
  // A number is typed digit by digit, and each state of the text that is a spec has its curves.
  let before = await workbench.spoken();
  await page.keyboard.type('0.');
  await frame(30);
  await page.keyboard.type('9');
  before = await workbench.moved(before);
  await settled();
  await frame(160);

  const slider = workbench.panel().getByRole('slider', { name: /rho/ });
  const box = (await slider.boundingBox())!;
  const y = box.y + box.height / 2;
  // The middle of the thumb stays half its width inside the track.
  const x = (value: number): number => box.x + 8 + value * (box.width - 16);
  await page.mouse.move(x(0.9), y);
  await page.mouse.down();
  for (let value = 0.85; value > 0.08; value -= 0.05) {
    await page.mouse.move(x(value), y);
    before = await workbench.moved(before);
    await settled();
    await frame(14);
  }
  await page.mouse.up();
  await page.waitForTimeout(600);
  await settled();
  await frame(220);
  const gif = join(root, 'media', 'live.gif');
  const shown = frames.flatMap(({ file, stay }) => ['-delay', String(stay), file]);
  convert([...shown, '-resize', '1000x', '+dither', '-colors', '64', '+map', '-layers', 'optimize', '-loop', '0', gif], 'live.gif');
}

try {
  await workbench.openFile(first);
  await workbench.openPreview();
  await settled();
  await workbench.command('View: Toggle Primary Side Bar Visibility');
  await page.keyboard.press('Control+1');
  await settled();
  await still('preview');
  await animate();
  await workbench.replace('let rho = 0.1', 'let rho = 0.5');

  const panel = workbench.panel();
  await panel.getByRole('tab', { name: 'Parameters' }).click();
  await panel.locator('.matrix td').first().waitFor();
  await page.setViewportSize({ width: 1200, height: 960 });
  await still('parameters');
  await page.setViewportSize(size);
  await panel.getByRole('tab', { name: 'Charts' }).click();

  await workbench.replace('kms(rho)', 'kmz(rho)');
  await panel.locator('.banner.stale').waitFor();
  await page.locator('.squiggly-error').first().waitFor();
  await page.keyboard.press('Control+Home');
  await still('mistake');
  await workbench.replace('kmz(rho)', 'kms(rho)');
  await panel.locator('.banner.stale').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Home');

  await workbench.theme('Default High Contrast');
  await panel.locator('body.vscode-high-contrast').waitFor();
  await settled();
  await still('high-contrast');
  await workbench.theme('Default Light Modern');
  await panel.locator('body.vscode-light').waitFor();

  await workbench.openFile(failing);
  await workbench.command('View: Close Editors in Other Groups');
  await page.locator('.testing-run-glyph').first().waitFor();
  await workbench.command('Test: Run Tests in Current File');
  await page.locator('.codicon-testing-failed-icon').first().waitFor();
  await workbench.command('Testing: Focus on Test Explorer View');
  await page.locator('.codicon-testing-passed-icon').first().waitFor();
  const tree = page.locator('.test-explorer .monaco-list-row');
  for (const label of [failing, 'Softmax follows']) {
    const row = tree.filter({ hasText: label }).first();
    await row.click();
    if ((await row.getAttribute('aria-expanded')) !== 'true') await page.keyboard.press('ArrowRight');
  }
  await tree.filter({ hasText: 'risk decreasing' }).waitFor();
  await still('tests');
} catch (error) {
  await workbench.screenshot('pictures-failed');
  throw error;
} finally {
  await workbench.close();
  rmSync(folder, { recursive: true, force: true });
}
