/** A button that opens the list of formats; the editor asks where to save. */

import type { ExportFormat } from '../../src/protocol/messages.js';
import { element, setAttributes } from '../dom.js';
import * as l10n from '../l10n.js';
import { button } from '../toolkit.js';
import { icon } from './icons.js';

const formats: readonly (readonly [ExportFormat, () => string])[] = [
  ['svg', () => l10n.t('Figure as SVG…')],
  ['png', () => l10n.t('Figure as PNG…')],
  ['pgfplots', () => l10n.t('Figure for pgfplots…')],
  ['csv', () => l10n.t('Data as CSV…')],
  ['json', () => l10n.t('Data as JSON…')],
];

export class ExportMenu {
  readonly node = element('div', { class: 'menu' });
  private readonly list = element('div', { class: 'menu-list', role: 'menu', 'aria-label': l10n.t('Export'), hidden: true });
  private readonly opener: HTMLElement;

  constructor(choose: (format: ExportFormat) => void) {
    this.opener = button({ label: l10n.t('Export'), icon: icon('save'), press: () => this.setOpen(this.list.hidden) });
    setAttributes(this.opener, { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
    for (const [format, label] of formats) {
      const item = element('button', { type: 'button', role: 'menuitem', tabindex: '-1', 'data-format': format }, label());
      item.addEventListener('click', () => {
        this.setOpen(false);
        this.opener.focus();
        choose(format);
      });
      this.list.append(item);
    }
    this.node.append(this.opener, this.list);
    this.node.addEventListener('keydown', (event) => this.key(event));
    this.node.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && this.node.contains(event.relatedTarget))) this.setOpen(false);
    });
  }

  private setOpen(open: boolean): void {
    this.list.hidden = !open;
    setAttributes(this.opener, { 'aria-expanded': String(open) });
    if (open) this.items()[0]?.focus();
  }

  private items(): HTMLElement[] {
    return [...this.list.children].filter((item) => item instanceof HTMLElement);
  }

  private key(event: KeyboardEvent): void {
    if (this.list.hidden) {
      if (event.key !== 'ArrowDown') return;
      this.setOpen(true);
      event.preventDefault();
      return;
    }
    const items = this.items();
    const at = items.findIndex((item) => item.matches(':focus'));
    if (event.key === 'Escape') {
      this.setOpen(false);
      this.opener.focus();
    } else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at + items.length - 1) % items.length]?.focus();
    else if (event.key === 'Home') items[0]?.focus();
    else if (event.key === 'End') items.at(-1)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
