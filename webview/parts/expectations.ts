/** What the spec expects, and how it came out; a click goes to the line. */

import type { ExpectationNote } from '../../src/protocol/messages.js';
import { element, fill } from '../dom.js';
import * as l10n from '../l10n.js';
import { verdictsText, verdictText } from '../words.js';
import { icon } from './icons.js';

export class Expectations {
  private readonly heading = element('h2', {});
  private readonly list = element('ul', {});
  readonly node = element('section', { class: 'expectations', 'aria-label': l10n.t('Expectations') }, this.heading, this.list);

  constructor(private readonly reveal: (line: number) => void) {}

  show(expectations: readonly ExpectationNote[]): void {
    this.node.hidden = expectations.length === 0;
    const count = verdictsText(expectations);
    fill(this.heading, count, () => [`${l10n.t('Expectations')} `, element('span', { class: 'count' }, count)]);
    const focused = [...this.list.querySelectorAll('button')].findIndex((item) => item.matches(':focus'));
    fill(this.list, JSON.stringify(expectations), () => expectations.map((one) => this.item(one)));
    if (focused >= 0) this.list.querySelectorAll('button')[focused]?.focus();
  }

  private item({ text, verdict, detail, line }: ExpectationNote): HTMLElement {
    const item = element(
      'button',
      { type: 'button', class: `expectation ${verdict}`, title: l10n.t('Go to line {0}', line) },
      icon(verdict),
      element('span', { class: 'verdict' }, verdictText(verdict)),
      element('code', {}, text),
      detail === '' ? null : element('span', { class: 'detail' }, detail),
    );
    item.addEventListener('click', () => this.reveal(line));
    return element('li', {}, item);
  }
}
