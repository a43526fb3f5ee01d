import { homedir } from 'node:os';
import { join } from 'node:path';

/** The npm packages that hold what the tests run in. The first contains VS Code whole, the second the Node that it wants. */
export const vscodePackage = { name: 'code-server', version: '4.139.1' } as const;
export const nodePackage = { name: `node-linux-${process.arch}`, version: '24.21.0' } as const;
export const browserPackage = { name: '@sparticuz/chromium', version: '153.0.0' } as const;

export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'attn-lab-test');

export const root = join(import.meta.dirname, '..', '..', '..');
export const artifactsFolder = join(root, 'test', 'artifacts');
