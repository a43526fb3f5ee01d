import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process of Linux, from /proc. */
export interface ProcessInfo {
  readonly id: number;
  readonly command: string;
  /** Processor time in seconds, of user and system. */
  readonly seconds: number;
  /** Resident memory in bytes. */
  readonly resident: number;
}

const ticksPerSecond = 100;
const pageSize = 4096;

/** The living processes of a process group. */
export function processesOf(group: number): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[2]) !== group || fields[0] === 'Z') continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      found.push({ id: Number(name), command, seconds, resident: Number(fields[21]) * pageSize });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** How many threads of a process took a good part of the processor time that its busiest took while this waits. */
export async function busyThreads(id: number, milliseconds: number): Promise<number> {
  const before = threadSeconds(id);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const used = [...threadSeconds(id)].map(([thread, seconds]) => seconds - (before.get(thread) ?? seconds));
  const most = Math.max(0, ...used);
  return used.filter((seconds) => most >= 0.05 && seconds > 0.35 * most).length;
}

function threadSeconds(id: number): Map<string, number> {
  const found = new Map<string, number>();
  const folder = `/proc/${id}/task`;
  for (const thread of existsSync(folder) ? readdirSync(folder) : []) {
    try {
      const status = readFileSync(`${folder}/${thread}/stat`, 'utf8');
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      found.set(thread, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** What a process of the editor is, by its command line. */
export function roleOf({ command }: ProcessInfo): 'solver' | 'language server' | 'extension host' | 'other' {
  if (command.includes('dist/solver.js')) return 'solver';
  if (command.includes('dist/server.js')) return 'language server';
  if (command.includes('--type=extensionHost')) return 'extension host';
  return 'other';
}
