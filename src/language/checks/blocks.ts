import * as l10n from '@vscode/l10n';
import { nearest } from '../distance.js';
import { type Block, type Experiment, isBlock, isListLiteral, isNameExpression, isRepeat, type Setting } from '../generated/ast.js';
import { resolveName } from '../scope.js';
import { type BlockInfo, blocks } from '../vocabulary.js';
import { listed } from '../wording.js';
import { type Context, rangeOfProperty } from './context.js';
import { visibleNames } from './definitions.js';

interface Known {
  readonly block: Block;
  /** Name of the block as it was meant. */
  readonly kind: string;
  /** False when settings may be missing from the tree, or are not known. */
  readonly isWhole: boolean;
}

const kinds = Object.keys(blocks);

/** The blocks of an experiment: their names, variants, settings and words, and which of them must stand together. */
export function checkBlocks(context: Context, experiment: Experiment): void {
  const known = new Map<string, Known>();
  let lost = context.syntax.damage.blocks.has(context.indexOf(experiment));
  let repeated = false;
  for (const member of experiment.members) {
    if (isRepeat(member)) {
      if (repeated)
        context.report('E212', l10n.t('`repeat` is given twice; an experiment has one.'), {
          start: rangeOfProperty(member, 'count').start,
          end: rangeOfProperty(member, 'count').end,
        });
      repeated = true;
    }
    if (!isBlock(member)) continue;
    const kind = kindOf(context, member);
    if (kind === undefined) {
      lost = true;
      continue;
    }
    if (known.has(kind)) {
      context.report('E212', l10n.t('The block `{0}` is given twice; an experiment has one.', kind), rangeOfProperty(member, 'kind'));
      continue;
    }
    known.set(kind, { block: member, kind, isWhole: checkSettings(context, member, kind, blocks[kind]!) });
  }
  if (!lost) checkPresence(context, experiment, known);
}

function kindOf(context: Context, block: Block): string | undefined {
  if (Object.hasOwn(blocks, block.kind)) return block.kind;
  const range = rangeOfProperty(block, 'kind');
  const owner = kinds.find((k) => Object.hasOwn(blocks[k]!.variants, block.kind));
  if (owner) {
    context.report(
      'E201',
      l10n.t('`{0}` is a variant of `{1}`; write `{2} {3}`.', block.kind, owner, owner, block.kind),
      range,
      context.replace(range, `${owner} ${block.kind}`),
    );
    return owner;
  }
  context.unknownWord(
    'E201',
    block.kind,
    l10n.t('`{0}` is not a block', block.kind),
    range,
    kinds,
    l10n.t('the blocks are {0}', listed(kinds)),
  );
  const meant = nearest(block.kind, kinds);
  if (meant) return meant;
  return block.variant === undefined ? undefined : kinds.find((k) => Object.hasOwn(blocks[k]!.variants, block.variant!));
}

/** The variant of a block, undefined when it has none or it is not known; reports a wrong one. */
function variantOf(context: Context, block: Block, kind: string, info: BlockInfo): string | undefined {
  const variants = Object.keys(info.variants);
  if (Object.hasOwn(info.variants, block.kind)) return block.kind;
  if (variants.length === 0) {
    if (block.variant === undefined) return undefined;
    const range = rangeOfProperty(block, 'variant');
    context.report('E226', l10n.t('`{0}` has no variants; `{1}` does not belong here.', kind, block.variant), range, {
      title: l10n.t('Remove `{0}`', block.variant),
      start: range.start,
      end: range.end,
      text: '',
    });
    return undefined;
  }
  if (block.variant === undefined) {
    context.report('E226', l10n.t('`{0}` needs a variant: {1}.', kind, listed(variants, 'or')), rangeOfProperty(block, 'kind'));
    return undefined;
  }
  if (variants.includes(block.variant)) return block.variant;
  context.unknownWord(
    'E202',
    block.variant,
    l10n.t('`{0}` is not a variant of `{1}`', block.variant, kind),
    rangeOfProperty(block, 'variant'),
    variants,
    l10n.t('its variants are {0}', listed(variants)),
  );
  return nearest(block.variant, variants);
}

function checkSettings(context: Context, block: Block, kind: string, info: BlockInfo): boolean {
  const variant = variantOf(context, block, kind, info);
  const hasVariants = Object.keys(info.variants).length > 0;
  const open = block.$cstNode?.text.indexOf('{') ?? -1;
  const damaged = context.syntax.damage.settings.get((block.$cstNode?.offset ?? 0) + open);
  const given = new Set<string>();
  let isWhole = damaged === undefined && !(hasVariants && variant === undefined);
  for (const setting of block.settings) {
    const range = rangeOfProperty(setting, 'name');
    const known = Object.hasOwn(info.settings, setting.name) ? info.settings[setting.name] : undefined;
    if (!known) {
      isWhole = false;
      const own = Object.keys(info.settings).filter((s) => applies(info, s, variant));
      const owner = kinds.find((k) => k !== kind && Object.hasOwn(blocks[k]!.settings, setting.name));
      const otherwise = owner ? l10n.t('it is a setting of `{0}`', owner) : l10n.t('its settings are {0}', listed(own));
      context.unknownWord(
        'E203',
        setting.name,
        l10n.t('`{0}` is not a setting of `{1}`', setting.name, kind),
        range,
        owner ? [] : own,
        otherwise,
      );
      continue;
    }
    if (variant !== undefined && !applies(info, setting.name, variant)) {
      context.report(
        'E225',
        l10n.t(
          '`{0}` is a setting of {1}, not of `{2} {3}`.',
          setting.name,
          listed((known.variants ?? []).map((v) => `${kind} ${v}`)),
          kind,
          variant,
        ),
        range,
      );
      isWhole = false;
      continue;
    }
    if (given.has(setting.name)) context.report('E211', l10n.t('`{0}` is given twice in `{1}`.', setting.name, kind), range);
    given.add(setting.name);
    checkWords(context, setting, kind);
  }
  if (isWhole) {
    const missing = Object.keys(info.settings).filter((s) => info.settings[s]!.required && applies(info, s, variant) && !given.has(s));
    if (missing.length > 0) {
      const name = variant === undefined ? kind : `${kind} ${variant}`;
      const range = {
        start: rangeOfProperty(block, 'kind').start,
        end: rangeOfProperty(block, block.variant === undefined ? 'kind' : 'variant').end,
      };
      const at = (block.$cstNode?.offset ?? 0) + open + 1;
      const text = missing.map((m) => ` ${m} = 1`).join(',') + (block.settings.length > 0 ? ',' : ' ');
      context.report('E218', l10n.t('`{0}` needs {1}.', name, listed(missing)), range, {
        title: l10n.t('Add {0}', listed(missing)),
        start: at,
        end: at,
        text,
      });
    }
  }
  if (kind === 'query' && given.has('law') && given.has('at')) {
    context.report(
      'E227',
      l10n.t('A query has a `law` or stands at one vector; give `law` or `at`, not both.'),
      rangeOfProperty(block.settings.find((s) => s.name === 'at')!, 'name'),
    );
  }
  return isWhole;
}

const applies = (info: BlockInfo, setting: string, variant: string | undefined): boolean => {
  const only = info.settings[setting]!.variants;
  return only === undefined || variant === undefined || only.includes(variant);
};

/** A bare word of a setting with a closed set of words, directly or in a list. */
function checkWords(context: Context, setting: Setting, kind: string): void {
  const words = blocks[kind]!.settings[setting.name]!.words;
  if (!words) return;
  const values = isListLiteral(setting.value) ? setting.value.items : [setting.value];
  for (const value of values) {
    if (!isNameExpression(value) || value.facet !== undefined || words.includes(value.name)) continue;
    const experiment = setting.$container.$container;
    if (resolveName(value, value.name)) continue;
    if (!context.isNewUnknown(value.name, experiment)) continue;
    context.unknownWord(
      'E208',
      value.name,
      l10n.t('`{0}` is not a value of `{1}`', value.name, setting.name),
      rangeOfProperty(value, 'name'),
      [...words, ...visibleNames(context, experiment)],
      l10n.t('it takes {0}', listed(words, 'or')),
    );
  }
}

/** Which blocks must stand, and which exclude each other: the first thing that is wrong. */
function checkPresence(context: Context, experiment: Experiment, known: ReadonlyMap<string, Known>): void {
  const title = rangeOfProperty(experiment, 'title');
  const has = (kind: string): boolean => known.has(kind);
  const kindRange = (kind: string): { start: number; end: number } => rangeOfProperty(known.get(kind)!.block, 'kind');
  if (has('task') && has('tokens')) {
    const second = known.get('task')!.block.$cstNode!.offset < known.get('tokens')!.block.$cstNode!.offset ? 'tokens' : 'task';
    context.report('E213', l10n.t('The tokens come from a `task` or from a `tokens` block, not from both.'), kindRange(second));
  } else if (!has('task') && !has('tokens')) {
    context.report('E214', l10n.t('A `task` or a `tokens` block is missing, to say what the tokens are.'), title);
  } else if (!has('train') && !has('concentrate')) {
    context.report('E215', l10n.t('`train` or `concentrate` is missing: there is nothing to compute.'), title);
  } else if (has('train') && !has('task')) {
    context.report('E216', l10n.t('`train` needs a `task`: plain tokens have no target.'), kindRange('train'));
  } else if (has('query') && has('task')) {
    context.report(
      'E224',
      l10n.t('In a task the query is (x_q, 0) with x_q of the law of x; a `query` block stands with plain `tokens` only.'),
      kindRange('query'),
    );
  } else if (!has('prompt')) {
    context.report('E218', l10n.t('A `prompt` block is missing, with the `length` of the prompt.'), title);
  } else if (has('concentrate') && has('tokens')) {
    const attention = known.get('attention');
    const given = new Set(attention?.block.settings.map((s) => s.name));
    const missing: string[] = [];
    if (!has('query')) missing.push(l10n.t('a `query` block'));
    if (attention === undefined) missing.push(l10n.t('an `attention` block with `key_query` and `value`'));
    else if (attention.isWhole)
      for (const name of ['key_query', 'value']) if (!given.has(name)) missing.push(l10n.t('`{0}` in `attention`', name));
    if (missing.length > 0)
      context.report(
        'E217',
        l10n.t('With plain tokens `concentrate` needs {0}.', missing.join(` ${l10n.t('and')} `)),
        kindRange('concentrate'),
      );
  }
}
