/** What must be said before the charts: the text has errors, runs wait to be asked for, runs have failed. */

import type { PanelContent } from '../../src/protocol/messages.js';
import { element, fill } from '../dom.js';
import * as l10n from '../l10n.js';
import { button } from '../toolkit.js';
import { cancelledText, failedText, heldText, staleText } from '../words.js';
import { type IconName, icon } from './icons.js';

export interface BannerHandlers {
  reveal(line: number): void;
  run(): void;
  resume(): void;
}

/** Failures told one by one; the rest are counted. */
const mostFailures = 3;

export class Banners {
  /** Polite: a mistake in the middle of typing is no emergency. */
  readonly node = element('div', { class: 'banners', role: 'status' });

  constructor(private readonly handlers: BannerHandlers) {}

  show({ stale, held, cancelled, runs, paused, charts }: PanelContent): void {
    const open = runs.total - runs.done - runs.failed;
    fill(this.node, JSON.stringify([stale, held, cancelled, open, runs.failures, paused, runs.running > 0, charts.length > 0]), () => {
      const made: HTMLElement[] = [];
      if (stale !== null) {
        const link = this.link(stale.message + (stale.code === null ? '' : ` [${stale.code}]`), stale.line);
        made.push(banner('stale', 'warning', `${staleText(stale, charts.length > 0)} `, link));
      }
      if (paused)
        made.push(
          banner(
            'paused',
            'pause',
            `${l10n.t('Live updates are paused.')} `,
            button({ label: l10n.t('Resume'), press: () => this.handlers.resume() }),
          ),
        );
      const run = () => button({ label: l10n.t('Run'), look: 'primary', press: () => this.handlers.run() });
      if (cancelled && runs.running === 0) made.push(banner('cancelled', 'stop', `${cancelledText(runs)} `, run()));
      else if (held !== null && runs.running === 0) {
        made.push(banner('held', 'clock', `${heldText(held)} `, run()));
      }
      const { failures } = runs;
      for (const { name, message, line } of failures.slice(0, mostFailures)) {
        const words = `${name === '' ? l10n.t('The run failed') : l10n.t('{0} failed', name)}: `;
        made.push(banner('failed', 'fails', words, line === null ? message : this.link(message, line)));
      }
      if (failures.length > mostFailures) made.push(banner('failed', 'fails', failedText(failures.length - mostFailures)));
      return made;
    });
  }

  private link(text: string, line: number): HTMLElement {
    const made = element('button', { type: 'button', class: 'link', title: l10n.t('Go to line {0}', line) }, text);
    made.addEventListener('click', () => this.handlers.reveal(line));
    return made;
  }
}

function banner(kind: string, name: IconName, ...content: readonly (Node | string)[]): HTMLElement {
  return element('div', { class: `banner ${kind}` }, icon(name), element('div', {}, ...content));
}
