/** The commands with their options, and the reading of a command line against them. */
import { parseArgs } from 'node:util';
import { nearest } from '../language/distance.js';
import { UsageError } from './exit.js';

interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Placeholder of the value; absent for a flag. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly multiple?: boolean;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: string;
  readonly operands: string;
  /** Fewest and most operands. */
  readonly count: readonly [number, number];
  readonly summary: string;
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
}

const common: readonly OptionSpec[] = [
  { name: 'help', short: 'h', help: 'show this text' },
  { name: 'version', short: 'V', help: 'show the version' },
];

const reading: readonly OptionSpec[] = [
  { name: 'set', value: 'NAME=EXPR', multiple: true, help: 'replace a top-level let, or a setting by its path (train.steps=2000)' },
  { name: 'root', value: 'DIR', help: "folder that data files must stay inside (default: the spec's own)" },
];

export const commands: readonly CommandSpec[] = [
  {
    name: 'run',
    operands: 'FILE...',
    count: [1, Number.POSITIVE_INFINITY],
    summary: 'run the experiments of a spec and check what it expects',
    details: [
      'FILE may be - for standard input.',
      'Exit status: 0; 1 when a spec does not check, usage is wrong or a file is unreadable;',
      '2 when an expectation fails; 3 when a run fails; 130 when interrupted.',
    ],
    options: [
      {
        name: 'format',
        short: 'f',
        value: 'FORMAT',
        choices: ['table', 'json', 'csv'],
        help: 'table (default), json or csv on standard output',
      },
      { name: 'out', short: 'o', value: 'DIR', help: 'write figures (SVG) and data (CSV, JSON) there' },
      { name: 'workers', short: 'j', value: 'N', help: 'worker threads (default: one for each core)' },
      ...reading,
      { name: 'only', value: 'TITLE', multiple: true, help: 'run this experiment only' },
      { name: 'strict', help: 'an undecided expectation counts as failed' },
      { name: 'no-cache', help: 'neither read nor write the cache of results' },
      { name: 'quiet', short: 'q', help: 'no progress, no warnings; with --format table, failures only' },
      { name: 'watch', short: 'w', help: 'run again whenever the file changes' },
    ],
  },
  {
    name: 'check',
    operands: 'FILE...',
    count: [1, Number.POSITIVE_INFINITY],
    summary: 'report mistakes without running anything',
    details: ['FILE may be - for standard input. Exit status: 0, or 1 when there is an error.'],
    options: [{ name: 'format', short: 'f', value: 'FORMAT', choices: ['human', 'json'], help: 'human (default) or json' }, ...reading],
  },
  {
    name: 'format',
    operands: 'FILE...',
    count: [1, Number.POSITIVE_INFINITY],
    summary: 'format specs in place',
    details: [
      'FILE may be - : standard input is formatted to standard output.',
      'Exit status: 0; 1 when a file cannot be formatted or, with --check, is not formatted.',
    ],
    options: [{ name: 'check', help: 'change nothing; say which files are not formatted' }],
  },
  {
    name: 'explain',
    operands: 'CODE',
    count: [1, 1],
    summary: 'explain a diagnostic code, such as attn.E102',
    details: [],
    options: [],
  },
];

export interface Arguments {
  /** Null for `attn` alone with --help or --version. */
  readonly command: CommandSpec | null;
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Values in the order they were given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** Throws `UsageError` with one sentence for the first mistake. */
export function readArguments(argv: readonly string[]): Arguments {
  const first = argv[0];
  const named = first === undefined || first.startsWith('-') ? null : first;
  const command = named === null ? null : (commands.find((candidate) => candidate.name === named) ?? null);
  if (named !== null && command === null) {
    const guess = nearest(
      named,
      commands.map((candidate) => candidate.name),
    );
    throw new UsageError(`there is no command \`${named}\`${guess === undefined ? '' : `; did you mean \`${guess}\`?`}`, '');
  }
  const specs = [...(command?.options ?? []), ...common];
  const usage = (message: string) => new UsageError(message, command?.name ?? '');
  const { tokens } = parseArgs({
    args: argv.slice(command === null ? 0 : 1),
    options: Object.fromEntries(
      specs.map(
        (spec) =>
          [
            spec.name,
            { type: spec.value === undefined ? 'boolean' : 'string', ...(spec.short === undefined ? {} : { short: spec.short }) },
          ] as const,
      ),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = specs.find((candidate) => candidate.name === token.name);
    if (spec === undefined) {
      const guess = nearest(
        token.name,
        specs.map((candidate) => candidate.name),
      );
      const of = command === null ? '`attn`' : `\`attn ${command.name}\``;
      throw usage(`\`${token.rawName}\` is not an option of ${of}${guess === undefined ? '' : `; did you mean \`--${guess}\`?`}`);
    }
    if (spec.value === undefined) {
      if (token.value !== undefined) throw usage(`\`--${spec.name}\` takes no value`);
      flags.add(spec.name);
      continue;
    }
    const value = token.value;
    if (value === undefined || value === '' || (!token.inlineValue && /^--?[a-zA-Z]/.test(value)))
      throw usage(`\`--${spec.name}\` needs a value: --${spec.name} ${spec.value}`);
    if (spec.choices !== undefined && !spec.choices.includes(value)) {
      const guess = nearest(value, spec.choices);
      throw usage(
        `\`${value}\` is not a ${spec.name}: ${spec.choices.join(', ')}${guess === undefined ? '' : `; did you mean \`${guess}\`?`}`,
      );
    }
    const list = values.get(spec.name);
    if (list === undefined) values.set(spec.name, [value]);
    else if (spec.multiple) list.push(value);
    else throw usage(`\`--${spec.name}\` is given twice`);
  }
  if (flags.has('help') || flags.has('version')) return { command, operands, flags, values };
  if (command === null) throw usage('a command is missing');
  const [fewest, most] = command.count;
  if (operands.length < fewest) throw usage(`\`attn ${command.name}\` needs ${command.operands.replace('...', ', one or more')}`);
  if (operands.length > most) throw usage(`\`attn ${command.name}\` takes one ${command.operands}, not ${operands.length}`);
  return { command, operands, flags, values };
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

export function helpText(command: CommandSpec | null): string {
  if (command === null) {
    return [
      'Usage: attn COMMAND ...',
      '',
      'Trains softmax attention on finite prompts and compares it with its infinite-prompt limit.',
      '',
      ...columns(commands.map(({ name, operands, summary }) => [`attn ${name} ${operands}`, summary])),
      '',
      ...columns(common.map(({ name, short, help }) => [`-${short}, --${name}`, help])),
      '',
      '`attn COMMAND --help` says more.',
      '',
    ].join('\n');
  }
  const options = [...command.options, ...common].map((spec): [string, string] => [
    `${spec.short === undefined ? '    ' : `-${spec.short}, `}--${spec.name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
    spec.help,
  ]);
  const details = command.details.length === 0 ? [] : ['', ...command.details];
  return [
    `Usage: attn ${command.name} [OPTION]... ${command.operands}`,
    '',
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`,
    ...details,
    '',
    ...columns(options),
    '',
  ].join('\n');
}
