/**
 * The TextMate grammar, made from the words of the language, for colours before the language server answers and in places that it does not
 * reach (Markdown, web pages). Words that may also be names are coloured where they stand as keywords only.
 */
import {
  blocks,
  builtIn,
  clauseWords,
  constants,
  facets,
  functions,
  quantities,
  settingWords,
  statements,
  valueWords,
} from './vocabulary.js';

const name = '[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*';
const before = '(?<![\\p{L}\\p{N}\\p{M}_.])';
const after = '(?![\\p{L}\\p{N}\\p{M}_])';

function words(list: Iterable<string>): string {
  const sorted = [...new Set(list)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return `(?:${sorted.join('|')})`;
}

const whole = (list: Iterable<string>): string => `${before}${words(list)}${after}`;

/** Words that begin a statement, where a statement can begin. */
const statementWords = Object.keys(statements).filter((word) => word !== 'let');
const variants = Object.values(blocks).flatMap((block) => Object.keys(block.variants));
const values = [...Object.keys(valueWords), ...settingWords].filter((word) => builtIn(word) !== 'function');

export function textMateGrammar(): object {
  return {
    $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
    name: 'Attn',
    scopeName: 'source.attn',
    patterns: [{ include: '#comment' }, { include: '#let' }, { include: '#experiment' }],
    repository: {
      comment: {
        patterns: [
          { name: 'comment.line.double-slash.attn', match: '//.*$' },
          { name: 'comment.block.attn', begin: '/\\*', end: '\\*/' },
        ],
      },
      string: {
        name: 'string.quoted.double.attn',
        begin: '"',
        end: '"|$',
        patterns: [{ name: 'constant.character.escape.attn', match: '\\\\.' }],
      },
      let: {
        begin: `${before}(let)\\s+(${name})\\s*(=)`,
        beginCaptures: {
          1: { name: 'keyword.other.let.attn' },
          2: { name: 'variable.other.constant.attn' },
          3: { name: 'keyword.operator.assignment.attn' },
        },
        end: '(?=$|})',
        patterns: [{ include: '#expression' }],
      },
      experiment: {
        begin: `${before}(experiment)${after}`,
        beginCaptures: { 1: { name: 'keyword.control.experiment.attn' } },
        end: '}',
        endCaptures: { 0: { name: 'punctuation.section.block.end.attn' } },
        patterns: [
          { include: '#comment' },
          {
            name: 'entity.name.section.attn',
            begin: '"',
            end: '"|$',
            patterns: [{ name: 'constant.character.escape.attn', match: '\\\\.' }],
          },
          {
            begin: '{',
            beginCaptures: { 0: { name: 'punctuation.section.block.begin.attn' } },
            end: '(?=})',
            patterns: [{ include: '#member' }],
          },
        ],
      },
      member: {
        patterns: [
          { include: '#comment' },
          { include: '#let' },
          { include: '#sweep' },
          { include: '#block' },
          { name: 'keyword.control.statement.attn', match: `(?<=^|[{;])\\s*${words(statementWords)}${after}` },
          { include: '#clause' },
          { include: '#expression' },
        ],
      },
      sweep: {
        match: `${before}(sweep)\\s+(${name})\\s+(over)${after}`,
        captures: {
          1: { name: 'keyword.control.statement.attn' },
          2: { name: 'variable.parameter.attn' },
          3: { name: 'keyword.other.clause.attn' },
        },
      },
      block: {
        begin: `${before}(${words(Object.keys(blocks))})(?:\\s+(${words(variants)}))?\\s*({)`,
        beginCaptures: {
          1: { name: 'storage.type.block.attn' },
          2: { name: 'entity.name.type.attn' },
          3: { name: 'punctuation.section.block.begin.attn' },
        },
        end: '}',
        endCaptures: { 0: { name: 'punctuation.section.block.end.attn' } },
        patterns: [
          { include: '#comment' },
          {
            match: `${before}(${name})\\s*(=)`,
            captures: { 1: { name: 'variable.other.property.attn' }, 2: { name: 'keyword.operator.assignment.attn' } },
          },
          { include: '#expression' },
        ],
      },
      clause: { name: 'keyword.other.clause.attn', match: whole(clauseWords) },
      expression: {
        patterns: [
          { include: '#comment' },
          { include: '#string' },
          { name: 'constant.numeric.attn', match: '(?<![\\p{L}\\p{N}_])[0-9][0-9_]*(?:\\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?' },
          { name: 'constant.language.attn', match: whole(Object.keys(constants)) },
          {
            match: `${before}(${words(Object.keys(functions))})\\s*(?=\\()`,
            captures: { 1: { name: 'support.function.attn' } },
          },
          { name: 'variable.other.property.facet.attn', match: `(?<=\\.)${words(Object.keys(facets))}${after}` },
          { name: 'support.variable.quantity.attn', match: whole(Object.keys(quantities)) },
          { name: 'support.constant.attn', match: whole(values) },
          {
            match: `${before}(${name})\\s*(:)`,
            captures: { 1: { name: 'variable.parameter.attn' }, 2: { name: 'punctuation.separator.attn' } },
          },
          { name: 'keyword.operator.range.attn', match: '\\.\\.' },
          { name: 'keyword.operator.arithmetic.attn', match: '[-+*/^%]' },
          { name: 'keyword.operator.assignment.attn', match: '=' },
          { name: 'variable.other.attn', match: `${before}${name}` },
        ],
      },
    },
  };
}

/** Fences of Markdown that say `attn`. */
export function markdownInjection(): object {
  return {
    scopeName: 'markdown.attn.codeblock',
    injectionSelector: 'L:text.html.markdown',
    patterns: [{ include: '#fence' }],
    repository: {
      fence: {
        name: 'markup.fenced_code.block.markdown',
        begin: '(^|\\G)(\\s*)(`{3,}|~{3,})\\s*(?i:(attn)((\\s+|:|,|\\{|\\?)[^`]*)?$)',
        beginCaptures: {
          3: { name: 'punctuation.definition.markdown' },
          4: { name: 'fenced_code.block.language.markdown' },
          5: { name: 'fenced_code.block.language.attributes.markdown' },
        },
        end: '(^|\\G)(\\2|\\s{0,3})(\\3)\\s*$',
        endCaptures: { 3: { name: 'punctuation.definition.markdown' } },
        patterns: [
          {
            begin: '(^|\\G)(\\s*)(.*)',
            while: '(^|\\G)(?!\\s*([`~]{3,})\\s*$)',
            contentName: 'meta.embedded.block.attn',
            patterns: [{ include: 'source.attn' }],
          },
        ],
      },
    },
  };
}
