import { readdirSync, readFileSync } from 'node:fs';

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

/** What a process of the editor is, by its command line. */
export function roleOf({ command }: ProcessInfo): 'solver' | 'language server' | 'extension host' | 'other' {
  if (command.includes('dist/solver.js')) return 'solver';
  if (command.includes('dist/server.js')) return 'language server';
  if (command.includes('--type=extensionHost')) return 'extension host';
  return 'other';
}
