/**
 * `--set NAME=EXPRESSION` and `--set block.setting=EXPRESSION`: the option's text takes the place of the expression in the spec,
 * and the whole is parsed again, so that an option is checked exactly like text.
 */
import type { Diagnostic } from '../language/diagnostic.js';
import { nearest } from '../language/distance.js';
import type { ParsedSpec } from '../language/index.js';
import { codes } from './codes.js';
import { extent } from './mistake.js';

/** Where things of the changed text stand in the text that the user sees. */
export interface Relocation {
  /** The text that the user sees; null when nothing moved. */
  readonly text: string | null;
  offset(offset: number): number;
  diagnostic(diagnostic: Diagnostic): Diagnostic;
}

export const unmoved: Relocation = { text: null, offset: (offset) => offset, diagnostic: (diagnostic) => diagnostic };

interface Splice {
  /** Replaced range of the original text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Part of `text` that is the option's expression. */
  readonly from: number;
  readonly option: string;
}

interface Applied {
  readonly parsed: ParsedSpec;
  readonly diagnostics: Diagnostic[];
  readonly relocation: Relocation;
}

/** The spec with the options in place. Options that cannot be placed are reported at the start of the file, and left out. */
export function applyOptions(parsed: ParsedSpec, options: readonly string[], parse: (text: string) => ParsedSpec): Applied {
  const diagnostics: Diagnostic[] = [];
  const splices: Splice[] = [];
  for (const option of options) {
    const refuse = (code: string, message: string): void => {
      diagnostics.push({ code, severity: 'error', message: `--set ${option}: ${message}`, start: 0, end: 0 });
    };
    const match = /^\s*([\p{L}_][\p{L}\p{N}\p{M}_]*)(?:\s*\.\s*([\p{L}_][\p{L}\p{N}\p{M}_]*))?\s*=([\s\S]*)$/u.exec(option);
    if (match === null) {
      refuse(codes.malformedSet, 'an option is NAME=EXPRESSION or block.setting=EXPRESSION, as in `d=8` or `train.steps=2000`.');
      continue;
    }
    const expression = match[3]!.trim();
    const problem = expressionProblem(expression, parse);
    if (problem !== null) {
      refuse(codes.malformedSet, problem);
      continue;
    }
    const placed =
      match[2] === undefined
        ? placeLet(parsed, match[1]!, expression, option)
        : placeSetting(parsed, match[1]!, match[2], expression, option);
    if (typeof placed === 'string') {
      refuse(codes.nothingToSet, placed);
      continue;
    }
    for (const splice of placed) {
      // The last of several options for one place wins, as on other command lines.
      const earlier = splices.findIndex((other) => other.start === splice.start && other.end === splice.end && splice.start !== splice.end);
      if (earlier >= 0) {
        splices.splice(earlier, 1);
      }
      splices.push(splice);
    }
  }
  splices.sort((a, b) => a.start - b.start || a.end - b.end);
  let text = '';
  let last = 0;
  for (const splice of splices) {
    text += parsed.text.slice(last, splice.start) + splice.text;
    last = splice.end;
  }
  text += parsed.text.slice(last);
  return { parsed: splices.length === 0 ? parsed : parse(text), diagnostics, relocation: relocationOf(parsed.text, splices) };
}

/** Why `text` is not one expression on one line; null when it is. */
function expressionProblem(text: string, parse: (text: string) => ParsedSpec): string | null {
  if (text === '') {
    return 'the expression after `=` is missing.';
  }
  if (/[\r\n]|\/\//.test(text.replace(/"(\\.|[^"\\])*"/g, ''))) {
    return 'an expression on one line, without comments, is needed.';
  }
  const prefix = 'let value_of_option = ';
  const trial = parse(prefix + text);
  const syntax = trial.diagnostics.find((diagnostic) => diagnostic.severity === 'error' && /^attn\.E1/.test(diagnostic.code));
  if (syntax !== undefined) {
    return syntax.message;
  }
  const [only] = trial.tree.elements;
  if (trial.tree.elements.length !== 1 || only?.$type !== 'Let' || only.value === undefined) {
    return 'one expression is needed after `=`.';
  }
  return null;
}

function placeLet(parsed: ParsedSpec, name: string, text: string, option: string): Splice[] | string {
  const elements = parsed.tree.elements;
  const found = elements.find((element) => element.$type === 'Let' && element.name === name);
  if (found?.$type === 'Let' && found.value !== undefined) {
    return [{ ...extent(found.value), text, from: 0, option }];
  }
  const members = elements.flatMap((element) => (element.$type === 'Experiment' ? element.members : []));
  if (members.some((member) => member.$type === 'Sweep' && member.name === name)) {
    return `\`${name}\` is swept, and its \`sweep\` says its values; only a \`let\` at the top of the file can be set.`;
  }
  if (members.some((member) => member.$type === 'Let' && member.name === name)) {
    return `\`${name}\` is defined inside an experiment; only a \`let\` at the top of the file can be set.`;
  }
  const names = elements.flatMap((element) => (element.$type === 'Let' ? [element.name] : []));
  const guess = nearest(name, names);
  return `there is no \`let ${name}\` at the top of the file${guess === undefined ? '.' : `; did you mean \`${guess}\`?`}`;
}

function placeSetting(parsed: ParsedSpec, kind: string, name: string, text: string, option: string): Splice[] | string {
  const blocks = parsed.tree.elements
    .flatMap((element) => (element.$type === 'Experiment' ? element.members : []))
    .flatMap((member) => (member.$type === 'Block' && member.$cstNode !== undefined ? [member] : []));
  const ofKind = blocks.filter((block) => block.kind === kind);
  if (ofKind.length === 0) {
    const guess = nearest(kind, new Set(blocks.map((block) => block.kind)));
    return `the spec has no \`${kind}\` block${guess === undefined ? '.' : `; did you mean \`${guess}.${name}\`?`}`;
  }
  return ofKind.flatMap((block): Splice[] => {
    const setting = block.settings.find((candidate) => candidate.name === name);
    if (setting?.value !== undefined) {
      return [{ ...extent(setting.value), text, from: 0, option }];
    }
    const { start } = extent(block);
    const brace = start + block.$cstNode!.text.indexOf('{') + 1;
    const prefix = ` ${name} = `;
    return [{ start: brace, end: brace, text: `${prefix}${text}, `, from: prefix.length, option }];
  });
}

function relocationOf(text: string, splices: readonly Splice[]): Relocation {
  // Ranges of the changed text that come from options, in order.
  const pieces: { readonly start: number; readonly end: number; readonly splice: Splice }[] = [];
  let shift = 0;
  for (const splice of splices) {
    const start = splice.start + shift;
    pieces.push({ start, end: start + splice.text.length, splice });
    shift += splice.text.length - (splice.end - splice.start);
  }
  const offset = (at: number): number => {
    let moved = 0;
    for (const { start, end, splice } of pieces) {
      if (at < start) {
        break;
      }
      if (at <= end) {
        return at === end ? splice.end : splice.start;
      }
      moved += splice.text.length - (splice.end - splice.start);
    }
    return at - moved;
  };
  return {
    text,
    offset,
    diagnostic: (diagnostic) => {
      const piece = pieces.find(({ start, end }) => diagnostic.start >= start && diagnostic.end <= end && end > start);
      const { fix: _, ...plain } = diagnostic;
      const start = offset(diagnostic.start);
      const end = Math.max(start, offset(diagnostic.end));
      return {
        ...plain,
        message: piece === undefined ? diagnostic.message : `--set ${piece.splice.option}: ${diagnostic.message}`,
        start,
        end,
      };
    },
  };
}
