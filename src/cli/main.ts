#!/usr/bin/env node
/** Entry point of `attn`. Loads no more than the command at hand needs. */
import { type Arguments, helpText, readArguments } from './arguments.js';
import { exit, UsageError } from './exit.js';
import { printable, write } from './terminal.js';
import { version } from './version.js';

async function run(argv: readonly string[]): Promise<number> {
  const args = argv.length === 0 ? null : readArguments(argv);
  if (args === null || args.flags.has('help')) {
    await write(args === null ? process.stderr : process.stdout, helpText(args?.command ?? null));
    return args === null ? exit.input : exit.ok;
  }
  if (args.flags.has('version')) {
    await write(process.stdout, `attn ${version}\n`);
    return exit.ok;
  }
  return (await command(args))(args);
}

async function command({ command: named }: Arguments): Promise<(args: Arguments) => Promise<number>> {
  switch (named?.name) {
    case 'run': {
      const { run: runSpecs } = await import('./commands/run.js');
      return (args) => runSpecs(args, new URL('./worker.js', import.meta.url));
    }
    case 'check':
      return (await import('./commands/check.js')).check;
    case 'format':
      return (await import('./commands/format.js')).format;
    default:
      return (await import('./commands/explain.js')).explain;
  }
}

async function main(): Promise<number> {
  try {
    return await run(process.argv.slice(2));
  } catch (error) {
    if (error instanceof UsageError) {
      const more = error.command === null ? '' : `\n\`attn ${error.command}${error.command === '' ? '' : ' '}--help\` shows how.`;
      await write(process.stderr, `attn: ${printable(error.message)}${more}\n`);
      return exit.input;
    }
    await write(
      process.stderr,
      `attn: an internal error, which is a mistake of this program: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return exit.input;
  }
}

// A reader that has seen enough (`attn run … | head`) is no mistake.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exit.ok : exit.input);
  });
}

// Everything is written when `main` resolves; ending here spares the tear-down of the workers.
process.exit(await main());
