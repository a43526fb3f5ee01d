import assert from 'node:assert/strict';
import { blocks } from '../../../src/language/vocabulary.js';
import { experimentOf, planOf, tokensWith, whole } from './support.js';

/** A whole spec with the block, plus `setting` in it. */
function specWith(block: string, variant: string | undefined, setting: string): string {
  switch (block) {
    case 'task':
      return whole(`task ${variant ?? 'linear_regression'} { dimension = 3, ${setting} }`);
    case 'train':
      return whole(`train ${variant} { ${variant === 'gradient_flow' ? 'time = 1' : 'rate = 0.1, steps = 10'}, ${setting} }`);
    case 'tokens':
      return tokensWith(`gaussian(1), ${setting}`);
    case 'query':
    case 'concentrate':
      return tokensWith('gaussian(1)', `${block} { ${setting} }`);
    case 'prompt':
      return whole(`prompt { length = 10, ${setting} }`);
    default:
      return whole(`${block} { ${setting} }`);
  }
}

describe('the vocabulary and the meaning agree', () => {
  for (const [block, info] of Object.entries(blocks)) {
    for (const [name, setting] of Object.entries(info.settings)) {
      const variant = setting.variants?.[0] ?? (block === 'train' ? 'gradient_flow' : undefined);
      if (setting.default !== null) {
        it(`${block}.${name} is ${setting.default} when left out`, () => {
          const hash = (text: string): string => experimentOf(text).runs[0]!.hash;
          assert.equal(hash(specWith(block, variant, `${name} = ${setting.default}`)), hash(specWith(block, variant, '')));
        });
      }
      if ((setting.kind === 'number' || setting.kind === 'integer') && setting.min !== undefined && !setting.required) {
        it(`${block}.${name} keeps to its range`, () => {
          const codes = (value: number): string[] => planOf(specWith(block, variant, `${name} = ${value}`)).diagnostics.map((d) => d.code);
          const lowest = setting.excludes === 'min' || setting.excludes === 'both' ? setting.min! : setting.min! - 1;
          assert.deepEqual(codes(lowest), ['attn.E303']);
          if (setting.max !== undefined) {
            const highest = setting.excludes === 'max' || setting.excludes === 'both' ? setting.max : setting.max + 1;
            assert.deepEqual(codes(highest), ['attn.E303']);
          }
        });
      }
    }
  }
});
