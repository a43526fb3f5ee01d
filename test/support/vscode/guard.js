// node guard.js FOLDER PROGRAM ARGS…: runs a program until it ends or this process's standard input does, then ends the whole process
// group and removes FOLDER. The pipe closes however its other end dies: a test run that is killed leaves nothing behind.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let ending = false;

function end(code) {
  if (ending) return;
  ending = true;
  process.on('SIGTERM', () => {});
  process.kill(-process.pid, 'SIGTERM');
  const started = Date.now();
  const wait = setInterval(() => {
    if (child.exitCode === null && child.signalCode === null && Date.now() - started < 3000) return;
    clearInterval(wait);
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } finally {
      process.exitCode = code;
      process.kill(-process.pid, 'SIGKILL');
    }
  }, 50);
}

child.on('error', () => end(1));
child.on('exit', (code) => end(code ?? 1));
process.stdin
  .on('end', () => end(0))
  .on('error', () => end(0))
  .resume();
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => end(0));
