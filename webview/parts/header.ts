/** The line on top: which experiment, how far it is, and what can be done. */

import { element, setAttributes, setText } from '../dom.js';
import * as l10n from '../l10n.js';
import type { Content } from '../models.js';
import { button, dropdown, progressRing, setDisabled, setPressed } from '../toolkit.js';
import { isBusy, progressText, runsText } from '../words.js';
import { icon } from './icons.js';

export interface HeaderHandlers {
  choose(experiment: string): void;
  run(): void;
  cancel(): void;
  compare(on: boolean): void;
}

export class Header {
  private readonly title = element('h1', {});
  private readonly picker;
  private readonly status = element('span', { class: 'status', role: 'status' });
  /** Not spoken with each change. */
  private readonly progress = element('span', { class: 'progress' });
  private readonly ring = progressRing(l10n.t('Solving'));
  private readonly run: HTMLElement;
  private readonly cancel: HTMLElement;
  private readonly compare: HTMLElement;
  private readonly mark = element('span', { class: 'mark', title: l10n.t('Locked: follows no other editor') }, icon('lock'));
  readonly node: HTMLElement;
  private titles: readonly string[] = [];
  private comparing = false;

  constructor(handlers: HeaderHandlers) {
    this.picker = dropdown(l10n.t('Experiment'), (index) => {
      const title = this.titles[index];
      if (title !== undefined) handlers.choose(title);
    });
    this.run = button({ label: l10n.t('Run'), look: 'icon', icon: icon('play'), press: handlers.run });
    this.cancel = button({ label: l10n.t('Cancel'), look: 'icon', icon: icon('stop'), press: handlers.cancel });
    this.compare = button({
      label: l10n.t('Compare with the previous run'),
      icon: icon('compare'),
      toggle: true,
      press: () => handlers.compare(!this.comparing),
    });
    this.node = element(
      'header',
      { class: 'top' },
      element('div', { class: 'names' }, this.title, this.picker.node, this.mark),
      element('div', { class: 'state' }, this.ring, this.status, this.progress, this.run, this.cancel, this.compare),
    );
  }

  show(content: Content): void {
    const { experiments, experiment, runs, held, cancelled, secondsLeft, previous, hasPrevious, locked } = content;
    this.titles = experiments.map(({ title }) => title);
    const several = experiments.length > 1;
    this.title.hidden = several;
    this.picker.node.hidden = !several;
    setText(this.title, this.titles[experiment] ?? '');
    if (several) this.picker.set(this.titles, experiment);
    const busy = isBusy(runs);
    this.ring.hidden = !busy;
    this.cancel.hidden = !busy;
    this.run.hidden = busy;
    setDisabled(this.run, content.stale !== null && runs.total === 0);
    setText(this.status, runsText(runs, held, cancelled));
    setText(this.progress, busy ? progressText(runs, secondsLeft) : '');
    setAttributes(this.status, { title: runs.cached > 0 ? l10n.t('{0} from the cache', runs.cached) : null });
    this.comparing = previous !== null;
    this.compare.hidden = !hasPrevious && !this.comparing;
    setPressed(this.compare, this.comparing);
    this.mark.hidden = !locked;
  }
}
