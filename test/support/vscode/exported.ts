import { readFileSync, rmSync } from 'node:fs';
import type { Workbench } from './workbench.js';

/** What a file holds once it is whole: written by somebody else, it is read until it stays the same. Then it makes room for the next one. */
export async function taken(workbench: Workbench, path: string): Promise<Buffer> {
  let content = Buffer.alloc(0);
  await workbench.until(`${path} is written`, async () => {
    const before = content;
    try {
      content = readFileSync(path);
    } catch {
      return false;
    }
    return content.length > 0 && content.equals(before);
  });
  rmSync(path);
  return content;
}

/** Exports the first figure by its menu, to the place that the save dialog proposes. */
export async function exported(workbench: Workbench, item: string, ending: string): Promise<Buffer> {
  await workbench.inFront();
  const panel = workbench.panel();
  await panel.getByRole('button', { name: 'Export' }).first().click();
  await panel.locator('[role=menuitem]', { hasText: item }).first().click();
  return taken(workbench, await workbench.saveWhereProposed(ending));
}
