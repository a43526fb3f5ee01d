/** Tabs after the pattern of the ARIA practices guide: one stop for Tab, arrows between them. */

import type { PanelTab } from '../../src/protocol/messages.js';
import { element, setAttributes } from '../dom.js';
import * as l10n from '../l10n.js';

const labels: Readonly<Record<PanelTab, () => string>> = {
  charts: () => l10n.t('Charts'),
  table: () => l10n.t('Table'),
  parameters: () => l10n.t('Parameters'),
};
const order: readonly PanelTab[] = ['charts', 'table', 'parameters'];

export class Tabs {
  readonly node = element('div', { class: 'tabs', role: 'tablist', 'aria-label': l10n.t('View') });
  private readonly buttons = new Map<PanelTab, HTMLElement>();

  constructor(
    private readonly pages: Readonly<Record<PanelTab, HTMLElement>>,
    choose: (tab: PanelTab) => void,
  ) {
    for (const tab of order) {
      const made = element('button', { type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': `page-${tab}` }, labels[tab]());
      made.addEventListener('click', () => choose(tab));
      made.addEventListener('keydown', (event) => {
        const shown = order.filter((other) => this.buttons.get(other)?.hidden === false);
        const at = shown.indexOf(tab);
        const to =
          event.key === 'ArrowRight'
            ? at + 1
            : event.key === 'ArrowLeft'
              ? at - 1
              : event.key === 'Home'
                ? 0
                : event.key === 'End'
                  ? shown.length - 1
                  : null;
        if (to === null) return;
        event.preventDefault();
        const next = shown[(to + shown.length) % shown.length]!;
        choose(next);
        this.buttons.get(next)?.focus();
      });
      setAttributes(pages[tab], { id: `page-${tab}`, role: 'tabpanel', 'aria-labelledby': `tab-${tab}` });
      this.buttons.set(tab, made);
      this.node.append(made);
    }
  }

  show(chosen: PanelTab, hasParameters: boolean): void {
    for (const [tab, made] of this.buttons) {
      const on = tab === chosen;
      made.hidden = tab === 'parameters' && !hasParameters && !on;
      setAttributes(made, { 'aria-selected': String(on), tabindex: on ? '0' : '-1' });
      this.pages[tab].hidden = !on;
    }
  }
}
