import assert from 'node:assert/strict';
import { definitionAt, highlightsAt, occurrencesAt, rename, renamePlace } from '../../../../src/language/features/names.js';
import { inside, type Marked, open } from './marked.js';

const spans = (list: readonly { start: number; end: number }[]): string[] => list.map(({ start, end }) => `${start}-${end}`);

/** The marked ranges are all places of the name at the cursor. */
function occurs({ document, offset, ranges }: Marked): void {
  assert.deepEqual(spans(occurrencesAt(document, offset)), spans(ranges));
}

function renamed({ document, offset }: Marked, name: string): string {
  const result = rename(document, offset, name);
  if ('refused' in result) return result.refused;
  return [...result.edits].reverse().reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), document.text);
}

describe('places of a name', () => {
  it('are the let and its uses', () => occurs(open('let «d» = 5\nlet e = 2 * «|d»')));
  it('reach into experiments', () => occurs(open('let «|d» = 5\nexperiment "t" { prompt { length = «d» } }')));
  it('stay in an experiment', () =>
    occurs(open('experiment "a" { let «x» = 1\nprompt { length = «|x» } }\nexperiment "b" { let x = 1\nprompt { length = x } }')));
  it('hold a sweep that overrides a let', () =>
    occurs(open('let «d» = 5\nexperiment "a" { sweep «d» over [1]\nprompt { length = «|d» } }')));
  it('leave out a let that shadows one', () =>
    occurs(open('let «|d» = 5\nlet e = «d»\nexperiment "a" { let d = 1\nprompt { length = d } }')));
  it('are found in by, against, in and at', () =>
    occurs(
      inside('sweep «|L» over [1, 2]\nplot risk against «L» by «L»\nexpect risk decreasing in «L»\nexpect risk at [«L» = 1] below 1'),
    ));
  it('are found in damaged text', () => occurs(open('let «|d» = 5\nlet e = «d» +')));
  it('do not hold quantities of the same word', () =>
    occurs(inside('sweep «|of» over [1]\nmeasure rate of output_error\nprompt { length = «of» }')));
  it('are none for words of the language', () => occurs(inside('measure ri|sk')));
});

describe('the definition of a name', () => {
  const line = ({ document, offset }: Marked): number | null => {
    const found = definitionAt(document, offset);
    return found === null ? null : document.lineAt(found.start);
  };
  it('is the let', () => assert.equal(line(open('let d = 5\nlet e = |d')), 1));
  it('is the sweep that overrides it', () =>
    assert.equal(line(open('let d = 5\nexperiment "t" {\nsweep d over [1]\nprompt { length = |d }\n}')), 3));
  it('is absent for what is not defined', () => assert.equal(line(open('let e = |f')), null));
});

describe('highlights', () => {
  it('are of one definition', () => {
    const { document, offset, ranges } = open('let d = 5\nexperiment "t" { sweep «d» over [1]\nprompt { length = «|d» } }');
    assert.deepEqual(spans(highlightsAt(document, offset)), spans(ranges));
  });
});

describe('rename', () => {
  it('changes every place', () => assert.equal(renamed(open('let d = 5\nlet e = 2 * |d'), 'size'), 'let size = 5\nlet e = 2 * size'));
  it('takes Unicode names', () => assert.equal(renamed(open('let |rho = 0.5\nlet e = rho'), 'ρ'), 'let ρ = 0.5\nlet e = ρ'));
  it('refuses reserved words', () => assert.match(renamed(open('let |d = 5'), 'sweep'), /reserved/));
  it('refuses words of the language', () => assert.match(renamed(open('let |d = 5'), 'softmax'), /word of the language/));
  it('refuses quantities', () => assert.match(renamed(open('let |d = 5'), 'risk'), /word of the language/));
  it('refuses what is no name', () => assert.match(renamed(open('let |d = 5'), '2d'), /not a name/));
  it('refuses a name that is taken', () => assert.match(renamed(open('let |d = 5\nlet e = 1'), 'e'), /line 2/));
  it('refuses a name that an experiment would capture', () =>
    assert.match(renamed(open('let |d = 5\nexperiment "t" {\nlet e = 1\nprompt { length = d }\n}'), 'e'), /line 3/));
  it('refuses a name that would capture another', () =>
    assert.match(renamed(open('let e = 5\nexperiment "t" {\nlet |d = 1\nprompt { length = e }\n}'), 'e'), /line 1/));
  it('begins at the whole name', () => {
    const { document, offset } = open('let rh|o = 1');
    assert.deepEqual(renamePlace(document, offset), { start: 4, end: 7, name: 'rho' });
  });
  it('does not begin at a word of the language', () => {
    const { document, offset } = inside('mea|sure risk');
    assert.equal(renamePlace(document, offset), null);
  });
});
