/** E1: text that does not parse. */
import { entry } from './entry.js';

export const syntax = {
  E101: entry(
    'Unexpected text',
    'Something stands here that does not belong: the statement would be whole without it, or a word, sign or value is missing before it.',
    'sweep L over [10, 100] 7',
    'sweep L over [10, 100]',
  ),
  E102: entry(
    'Bracket or brace never closed',
    'Every `(`, `[` and `{` needs its `)`, `]` or `}`.',
    'sweep L over [10, 100',
    'sweep L over [10, 100]',
  ),
  E103: entry(
    'Bracket or brace never opened',
    'A `)`, `]`, `}` or `{` stands here without its partner.',
    'sweep L over [10, 100]]',
    'sweep L over [10, 100]',
  ),
  E104: entry(
    'A value is missing',
    'After `=`, an operator or a word such as `over` or `below` an expression is needed.',
    'prompt { length = }',
    'prompt { length = 100 }',
  ),
  E105: entry(
    'A comma or a new line is missing',
    'Two settings on one line are separated by a comma, and so are the items of a list; statements stand on lines of their own.',
    'train gradient_flow { time = 8 points = 33 }',
    'train gradient_flow { time = 8, points = 33 }',
  ),
  E106: entry(
    'Misspelt word of the language',
    'A word such as `sweep`, `measure` or `against` is needed here and a similar one is written.',
    'mesure risk',
    'measure risk',
  ),
  E107: entry(
    'Malformed number',
    'A number has digits on both sides of its point (`0.5`, not `.5` or `5.`), single underscores between digits (`300_000`), an exponent with digits (`1e-3`), and no letters after it (`2 * d`, not `2d`).',
    'train gradient_flow { time = .5 }',
    'train gradient_flow { time = 0.5 }',
  ),
  E108: entry(
    'Text never closed',
    'A string ends with `"` on the line where it begins.',
    'experiment "Unclosed {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
    'experiment "Closed" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
  ),
  E109: entry('Comment never closed', 'A comment that begins with `/*` ends with `*/`.', '/* a note', '/* a note */'),
  E110: entry(
    'Character that means nothing here',
    'The language is made of names, numbers, strings and + - * / ^ % = , . : ( ) [ ] { }.',
    'prompt { length = 100; }',
    'prompt { length = 100 }',
  ),
  E111: entry(
    'Expression too deep or too long',
    'An expression may be nested 32 deep and hold 1000 tokens. Name its parts with `let`, or read long lists from a file.',
    'prompt { length = ((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))) }',
    'prompt { length = 1 }',
  ),
  E112: entry('A name is missing', '`let`, `sweep`, `measure`, `plot` and settings begin with a name.', 'let = 3', 'let d = 3'),
  E113: entry(
    'Reserved word used as a name',
    '`let`, `experiment` and `sweep` are the only reserved words.',
    'let sweep = 3',
    'let sweeps = 3',
  ),
  E114: entry('Too many mistakes', 'Only the first hundred mistakes of a file are shown.', '', ''),
  E115: entry(
    'Not a statement',
    'A line of an experiment begins with `let`, `sweep`, `repeat`, `measure`, `plot`, `overlay`, `expect` or the name of a block; a file holds `let` and `experiment`.',
    'dimension = 3',
    'task linear_regression { dimension = 3 }',
  ),
};
