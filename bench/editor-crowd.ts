/** A chart of 200 curves in the panel, alone in a browser: how long it takes to draw, and whether it moves with the pointer. */
import { contentOf, solved } from '../test/support/webview/content.js';
import { launch, openPanel } from '../test/support/webview/stage.js';

export const curves = 200;
export const points = 500;

export interface CrowdTimes {
  /** From a message with new curves to the painted chart. */
  readonly redraw: readonly number[];
  /** Between two frames while the wheel zooms, while the chart is dragged, and while the pointer reads it. */
  readonly zoom: readonly number[];
  readonly pan: readonly number[];
  readonly read: readonly number[];
  /** Elements in the page with the legend of all curves open. */
  readonly elements: number;
}

const spec = `experiment "Crowd" {
  sweep L over 10..${9 + curves}
  task linear_regression { dimension = 1 }
  prompt { length = L }
  attention { kernel = linear, init = balanced(0.1) }
  train gradient_flow { time = 8, points = ${points} }
  plot risk against time by L
}`;

const redraws = 20;
/** In the page: notes when a chart is painted, and the time between frames. */
const notes = `
  window.noted = { painted: [], frames: [] };
  let told = 0;
  // Before the panel's own listener, which may draw at once.
  addEventListener('message', () => (told = performance.now()), { capture: true });
  addEventListener('message', ({ data }) => {
    if (typeof data?.sequence !== 'number') return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => noted.painted.push(performance.now() - told);
      port2.postMessage(null);
    });
  });
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    noted.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);`;

/** @param folder where `webview.js` and `webview.css` are */
export async function crowd(folder: string): Promise<CrowdTimes> {
  const content = contentOf(solved(spec));
  const browser = await launch();
  try {
    const stage = await openPanel(browser, folder, { width: 900, height: 800 });
    const { page } = stage;
    const take = (what: 'painted' | 'frames'): Promise<number[]> => page.evaluate(`noted.${what}.splice(0)`);
    await stage.send({ type: 'state', version: 1, sequence: 1, content });
    await page.locator('canvas').first().waitFor();
    await page.waitForTimeout(1000);
    await page.evaluate(notes);
    await page.evaluate(`window.charts = ${JSON.stringify(content.charts)}`);
    for (let i = 0; i < redraws; i += 1) {
      // Objects of their own, as they come from the editor, and other values each time.
      const scaled = `(key, value) => (key === 'y' && Array.isArray(value) ? value.map((v) => v * ${1 + i / 100}) : value)`;
      const message = `{ type: 'update', sequence: ${i + 2}, changes: { charts: JSON.parse(JSON.stringify(charts, ${scaled})) } }`;
      await page.evaluate(`window.postMessage(${message}, '*')`);
      await page.waitForTimeout(250);
    }
    const redraw = await take('painted');
    const box = await page.locator('canvas').first().boundingBox();
    if (box === null) throw new Error('there is no canvas');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const during = async (move: () => Promise<void>): Promise<number[]> => {
      await page.waitForTimeout(300);
      await take('frames');
      await move();
      return take('frames');
    };
    await page.mouse.move(x, y);
    const zoom = await during(async () => {
      await page.keyboard.down('Control');
      for (let i = 0; i < 40; i += 1) {
        await page.mouse.wheel(0, i < 20 ? -60 : 50);
        await page.waitForTimeout(25);
      }
      await page.keyboard.up('Control');
    });
    const pan = await during(async () => {
      await page.keyboard.down('Shift');
      await page.mouse.down();
      for (let i = 0; i < 60; i += 1) {
        await page.mouse.move(x + 3 * i, y + i);
        await page.waitForTimeout(16);
      }
      await page.mouse.up();
      await page.keyboard.up('Shift');
    });
    const read = await during(async () => {
      for (let i = 0; i < 60; i += 1) {
        await page.mouse.move(x - 200 + 6 * i, y);
        await page.waitForTimeout(16);
      }
    });
    await page.locator('.legend summary').first().click();
    await page.locator('.long-list .legend-entry').first().waitFor();
    const elements = await page.locator('*').count();
    if (stage.errors.length > 0) throw new Error(stage.errors.join('\n'));
    return { redraw, zoom, pan, read, elements };
  } finally {
    await browser.close();
  }
}
