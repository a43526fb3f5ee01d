import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';

export interface Drawn {
  readonly sequence: number;
  /** When the frame was painted in which the panel drew what it was told. */
  readonly time: number;
}

export interface Told {
  readonly sequence: number;
  /** Names of what changed. */
  readonly parts: readonly string[];
  /** No curve of its charts is missing, if there are any. */
  readonly isWhole: boolean;
  readonly time: number;
}

const script = readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8');

/** Notes keys in the workbench, and what its first panel is told and has drawn. */
export class Watch {
  private constructor(
    private readonly page: Page,
    private readonly panel: Frame,
  ) {}

  static async start(page: Page): Promise<Watch> {
    const outer = await frameIn(page, 'iframe.webview.ready');
    const panel = await frameIn(outer, 'iframe#active-frame');
    await page.evaluate(script);
    await page.evaluate('attnWatch.keys()');
    await panel.evaluate(script);
    await panel.evaluate('attnWatch.panel()');
    return new Watch(page, panel);
  }

  /** What was noted since the last call; times are milliseconds of one clock. */
  async take(): Promise<{ keys: number[]; told: Told[]; drawn: Drawn[] }> {
    const [keys, told, drawn] = await Promise.all([
      this.page.evaluate<number[]>("attnWatch.take('keys')"),
      this.panel.evaluate<Told[]>("attnWatch.take('told')"),
      this.panel.evaluate<Drawn[]>("attnWatch.take('drawn')"),
    ]);
    return { keys, told, drawn };
  }

  /** Bytes of the heap of the panel's process after a collection. */
  heap(): Promise<number> {
    return this.panel.evaluate<number>('attnWatch.heap()');
  }
}

async function frameIn(parent: Page | Frame, selector: string): Promise<Frame> {
  const element = await parent.waitForSelector(selector, { state: 'attached' });
  const frame = await element.contentFrame();
  if (frame === null) throw new Error(`${selector} holds no document`);
  return frame;
}
