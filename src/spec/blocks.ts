/** Reads the settings of one block in one run, each checked for its domain. */

import * as l10n from '@vscode/l10n';
import { nearest } from '../language/distance.js';
import type { Block, Expression, Setting } from '../language/generated/ast.js';
import { codes } from './codes.js';
import { type Environment, isDamaged } from './environment.js';
import { evaluate } from './evaluate.js';
import { Damaged, Mistake, oneOf, type Report } from './mistake.js';
import { describe, numberText, type Value } from './values.js';

export interface NumberRule {
  /** Smallest value allowed. */
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  readonly max?: number;
  /** The value must be smaller than this. */
  readonly under?: number;
  readonly integer?: boolean;
  /** `inf` is allowed. */
  readonly infinite?: boolean;
}

/** A run's view of the settings of one kind of block. A mistake is reported once and makes the reader answer undefined. */
export class BlockReader {
  private readonly settings = new Map<string, Setting>();

  constructor(
    readonly block: Block,
    private readonly env: Environment,
    private readonly report: Report,
    private readonly detail: (node: Expression) => string,
  ) {
    for (const setting of block.settings) {
      if (setting.name !== undefined && !this.settings.has(setting.name)) {
        this.settings.set(setting.name, setting);
      }
    }
  }

  /** `prompt`, `train sgd`. */
  get label(): string {
    return this.block.variant === undefined ? this.block.kind : `${this.block.kind} ${this.block.variant}`;
  }

  has(name: string): boolean {
    return this.settings.has(name);
  }

  /** Evaluates the setting and hands it to `use`; `fallback` when it is absent. Without a fallback an absent setting is a mistake. */
  read<T>(name: string, use: (value: Value, node: Expression) => T, fallback?: () => T): T | undefined {
    const setting = this.settings.get(name);
    return this.report.attempt(
      () => {
        if (setting === undefined) {
          if (fallback !== undefined) {
            return fallback();
          }
          if (this.env.scope.file.damage.length > 0) {
            throw new Damaged();
          }
          throw new Mistake(codes.missing, this.block, l10n.t('`{0}` needs `{1}`.', this.label, name));
        }
        if (isDamaged(this.env.scope.file, setting) || setting.value === undefined) {
          throw new Damaged();
        }
        return use(evaluate(setting.value, this.env), setting.value);
      },
      () => (setting?.value === undefined ? '' : this.detail(setting.value)),
    );
  }

  number(name: string, rule: NumberRule, fallback?: number): number | undefined {
    return this.read(
      name,
      (value, node) => checkNumber(value, node, `\`${name}\``, rule),
      fallback === undefined ? undefined : () => fallback,
    );
  }

  word<W extends string>(name: string, words: readonly W[], fallback: W): W | undefined {
    return this.read(
      name,
      (value, node) => checkWord(value, node, `\`${name}\``, words),
      () => fallback,
    );
  }
}

/** A number within the rule; throws a `Mistake` that says the rule. */
export function checkNumber(value: Value, node: Expression, what: string, rule: NumberRule): number {
  const need = ruleText(rule);
  if (value.kind !== 'number') {
    throw new Mistake(codes.type, node, l10n.t('{0} must be {1}, not {2}.', what, need, describe(value)));
  }
  const x = value.value;
  if (x === Number.POSITIVE_INFINITY && rule.infinite === true) {
    return x;
  }
  if (!Number.isFinite(x)) {
    throw new Mistake(
      codes.infinite,
      node,
      l10n.t('{0} must be {1}, not {2}; only a prompt length can be infinite.', what, need, value.text),
    );
  }
  if (rule.integer === true && !Number.isInteger(x)) {
    throw new Mistake(codes.integer, node, l10n.t('{0} must be {1}, not {2}.', what, need, value.text));
  }
  if (
    (rule.min !== undefined && x < rule.min) ||
    (rule.above !== undefined && x <= rule.above) ||
    (rule.max !== undefined && x > rule.max) ||
    (rule.under !== undefined && x >= rule.under)
  ) {
    throw new Mistake(codes.range, node, l10n.t('{0} must be {1}, not {2}.', what, need, value.text));
  }
  if (rule.integer === true && !Number.isSafeInteger(x)) {
    const exact = ruleText({ ...rule, max: Number.MAX_SAFE_INTEGER });
    throw new Mistake(codes.range, node, l10n.t('{0} must be {1}, not {2}.', what, exact, value.text));
  }
  return x;
}

function ruleText(rule: NumberRule): string {
  const bounds = [
    ...(rule.min === undefined ? [] : [l10n.t('of at least {0}', numberText(rule.min))]),
    ...(rule.above === undefined ? [] : [l10n.t('above {0}', numberText(rule.above))]),
    ...(rule.max === undefined ? [] : [l10n.t('at most {0}', numberText(rule.max))]),
    ...(rule.under === undefined ? [] : [l10n.t('below {0}', numberText(rule.under))]),
  ];
  const kind = rule.integer === true ? l10n.t('an integer') : l10n.t('a number');
  const text = bounds.length === 0 ? kind : `${kind} ${bounds.join(` ${l10n.t('and')} `)}`;
  return rule.infinite === true ? l10n.t('{0}, or `inf`', text) : text;
}

/** One of `words`, given bare; `true` and texts are refused. */
export function checkWord<W extends string>(value: Value, node: Expression, what: string, words: readonly W[]): W {
  if (value.kind !== 'word') {
    throw new Mistake(codes.type, node, l10n.t('{0} must be {1}, not {2}.', what, oneOf(words), describe(value)));
  }
  const word = words.find((candidate) => candidate === value.word);
  if (word === undefined) {
    const guess = nearest(value.word, words);
    throw new Mistake(
      codes.word,
      node,
      l10n.t('{0} must be {1}, not `{2}`.', what, oneOf(words), value.word),
      guess !== undefined && node.$type === 'NameExpression' && node.name === value.word
        ? { title: l10n.t('Write `{0}`', guess), node, text: guess }
        : undefined,
    );
  }
  return word;
}
