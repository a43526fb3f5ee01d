// node guard.js FOLDER PROGRAM ARGS…: runs a program in a process group of its own, whose number it prints first, until the program or
// this process's standard input ends; then ends the whole group and removes FOLDER. The pipe closes however its other end dies: a test
// run that is killed leaves nothing behind.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
console.log(`group ${child.pid}`);
let ending = false;

function signal(name) {
  try {
    process.kill(-child.pid, name);
    return true;
  } catch {
    return false;
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function end(code) {
  if (ending) return;
  ending = true;
  // At once: what they would write down goes with FOLDER.
  signal('SIGKILL');
  // A browser that is about to end as well may still write.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      break;
    } catch {
      await pause(200);
    }
  }
  process.exit(code);
}

child.on('error', () => end(1));
child.on('exit', (code) => end(code ?? 1));
process.stdin
  .on('end', () => end(0))
  .on('error', () => end(0))
  .resume();
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => end(0));
