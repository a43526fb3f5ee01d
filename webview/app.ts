/** The panel as a whole: takes in content, keeps what the reader chose, and draws once a frame. */

import type { PanelTab } from '../src/protocol/messages.js';
import { protocolVersion } from '../src/protocol/messages.js';
import { patched } from '../src/protocol/patch.js';
import type { Colours } from './colours.js';
import { element, setText } from './dom.js';
import type { Editor, Incoming } from './editor.js';
import * as l10n from './l10n.js';
import { Later } from './later.js';
import { emptyMemory, type Memory, readMemory, untouched, withChart } from './memory.js';
import type { Content } from './models.js';
import { Banners } from './parts/banners.js';
import { Expectations } from './parts/expectations.js';
import { Figure } from './parts/figure.js';
import { Header } from './parts/header.js';
import type { Shared } from './parts/panel-view.js';
import { ParametersView } from './parts/parameters-view.js';
import { Readout } from './parts/readout.js';
import { Sliders } from './parts/sliders.js';
import { TableView } from './parts/table-view.js';
import { Tabs } from './parts/tabs.js';
import { toClipboard, toPng } from './png.js';
import { Sight } from './sight.js';
import { currentColours, onThemeChange } from './theme.js';

/** What stands beside the curves and does not change how they are seen. When it comes with new ones, these are painted first. */
const besides: ReadonlySet<string> = new Set(['charts', 'runs', 'expectations', 'sliders', 'hasPrevious', 'secondsLeft']);

/** Milliseconds without new curves after which the next ones do not wait for others to come in the same frame. */
const pause = 100;

export class App {
  private memory: Memory;
  private content: Content | null = null;
  private sequence = -1;
  private highlight: Readonly<Record<string, string>> | null = null;
  private colours: Colours;
  private frame = 0;
  /** Whose curves were drawn last by themselves, and when. */
  private drawn: Content | null = null;
  private drawnAt = 0;
  /** Whether the next frame is for the curves alone. */
  private isForCurves = true;
  private readonly later = new Later();
  private readonly figures = new Map<string, Figure>();
  private readonly live = element('div', { class: 'spoken', 'aria-live': 'polite', 'aria-atomic': 'true' });
  private readonly shared: Shared = { readout: new Readout(), later: this.later, sight: new Sight() };
  private readonly empty = element('p', { class: 'empty' });
  private readonly charts = element('div', { class: 'charts' });
  private readonly parametersView: ParametersView;
  private readonly tableView: TableView;
  private readonly header: Header;
  private readonly banners: Banners;
  private readonly sliders: Sliders;
  private readonly tabs: Tabs;
  private readonly expectations: Expectations;

  constructor(
    root: HTMLElement,
    private readonly editor: Editor,
  ) {
    const state = editor.state;
    this.memory = state === undefined || state === null ? emptyMemory : readMemory(state);
    this.colours = currentColours();
    const reveal = (line: number): void => editor.post({ type: 'reveal', line });
    this.header = new Header({
      choose: (experiment) => this.look({ experiment }),
      run: () => editor.post({ type: 'run' }),
      cancel: () => editor.post({ type: 'cancel' }),
      compare: (on) => editor.post({ type: 'compare', on }),
    });
    this.banners = new Banners({ reveal, run: () => editor.post({ type: 'run' }), resume: () => editor.post({ type: 'resume' }) });
    this.sliders = new Sliders((id, value, phase) => editor.post({ type: 'slide', id, value, phase }));
    this.expectations = new Expectations(reveal);
    this.tableView = new TableView({
      sort: (sort) => this.remember({ ...this.memory, sort }),
      copy: (text) => editor.post({ type: 'copyText', text }),
      say: (sentence) => setText(this.live, sentence),
    });
    this.parametersView = new ParametersView(
      {
        choose: (run, moment) => {
          this.remember({ ...this.memory, run, moment });
          this.ask();
        },
        say: (sentence) => setText(this.live, sentence),
      },
      this.shared,
    );
    const pages = {
      charts: element('div', { class: 'page' }, this.charts),
      table: this.tableView.node,
      parameters: this.parametersView.node,
    };
    this.tabs = new Tabs(pages, (tab) => this.look({ tab }));
    root.append(
      this.header.node,
      this.banners.node,
      this.sliders.node,
      this.empty,
      this.tabs.node,
      element('main', {}, pages.charts, pages.table, pages.parameters),
      this.expectations.node,
      this.shared.readout.node,
      this.live,
    );
    this.draw();
    onThemeChange(() => {
      this.colours = currentColours();
      this.draw();
    });
    // Nothing here wanted it: the reader is done here.
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) editor.post({ type: 'showSource' });
    });
    editor.listen((message) => this.receive(message));
    this.sayReady();
  }

  private receive(message: Incoming): void {
    switch (message.type) {
      case 'state':
        this.content = message.content;
        this.sequence = message.sequence;
        this.keep();
        this.ask();
        break;
      case 'update':
        // Older than what is shown, or about a content that never came.
        if (this.content !== null && message.sequence > this.sequence) this.update(this.content, message);
        break;
      case 'highlight':
        this.highlight = message.at;
        this.ask();
        break;
      case 'render':
        void this.render(message);
        break;
    }
  }

  private update(content: Content, { sequence, changes, curves }: Extract<Incoming, { type: 'update' }>): void {
    // What a patch was made for never came: everything is asked for anew.
    if (curves !== undefined && sequence !== this.sequence + 1) {
      this.sayReady();
      return;
    }
    const charts = curves === undefined ? null : (patched(content.charts, curves) as Content['charts']);
    this.content = { ...content, ...changes, ...(charts === null ? {} : { charts }) };
    this.sequence = sequence;
    if (changes.identity !== undefined) this.keep();
    const hasCurves = charts !== null || changes.charts !== undefined;
    this.ask(hasCurves && Object.keys(changes).every((key) => besides.has(key)));
  }

  private sayReady(): void {
    this.editor.post({ type: 'ready', version: protocolVersion, experiment: this.memory.experiment, tab: this.memory.tab });
  }

  /**
   * Draws with the next frame, once for all messages that arrive before it. New curves after a pause are drawn at once: the time until the page makes its
   * next frame is there for it, and is lost otherwise.
   */
  private ask(isForCurves = false): void {
    this.isForCurves &&= isForCurves;
    if (this.frame !== 0) return;
    const now = performance.now();
    if (this.isForCurves && now - this.drawnAt > pause) this.drawCurves();
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const curvesFirst = this.isForCurves;
      this.isForCurves = true;
      if (curvesFirst && (this.content === this.drawn || this.drawCurves())) this.later.ask(this, () => this.draw());
      else this.draw();
    });
  }

  /** The curves alone; false where they are not what is looked at. */
  private drawCurves(): boolean {
    const { content } = this;
    if (content === null || this.memory.tab !== 'charts') return false;
    this.drawCharts(content);
    this.drawn = content;
    this.drawnAt = performance.now();
    return true;
  }

  private draw(): void {
    const { content, memory } = this;
    const nothing = content === null || content.experiments.length === 0;
    this.empty.hidden = content === null || !nothing || content.stale !== null;
    setText(this.empty, l10n.t('This file has no experiment yet.'));
    this.header.node.hidden = nothing;
    this.tabs.node.hidden = nothing;
    if (content === null) {
      for (const part of [this.sliders, this.expectations]) part.node.hidden = true;
      return;
    }
    this.header.show(content);
    this.banners.show(content);
    this.sliders.show(content.sliders);
    this.tabs.show(memory.tab, content.hasParameters);
    document.body.classList.toggle('is-stale', content.stale !== null);
    document.body.classList.toggle('is-replacing', content.replacing);
    this.charts.setAttribute('aria-busy', String(content.replacing));
    if (memory.tab === 'charts') this.drawCharts(content);
    if (memory.tab === 'table') this.tableView.show(content.table, memory.sort);
    if (memory.tab === 'parameters') this.parametersView.show(content.parameters, memory.run, memory.moment, this.colours);
    this.expectations.show(content.expectations);
  }

  private drawCharts(content: Content): void {
    const seen = new Set<string>();
    const title = content.experiments[content.experiment]?.title ?? '';
    content.charts.forEach((model, i) => {
      const key = `${title}\n${model.id}`;
      seen.add(key);
      let figure = this.figures.get(key);
      if (figure === undefined) {
        figure = this.figure(key, model.id);
        this.figures.set(key, figure);
      }
      if (this.charts.children[i] !== figure.node) this.charts.insertBefore(figure.node, this.charts.children[i] ?? null);
      figure.show({
        model,
        previous: content.previous?.find(({ id }) => id === model.id) ?? null,
        choice: this.memory.charts[key] ?? untouched,
        colours: this.colours,
        highlight: this.highlight,
      });
    });
    for (const [key, figure] of this.figures) {
      if (seen.has(key)) continue;
      figure.dispose();
      this.figures.delete(key);
    }
  }

  private figure(key: string, id: string): Figure {
    return new Figure(
      {
        choose: (choice) => {
          this.remember(withChart(this.memory, key, choice));
          this.ask();
        },
        reveal: (series) => this.editor.post({ type: 'revealAt', at: series.at }),
        save: (format) => this.editor.post({ type: 'export', format, chart: id }),
        copy: () => this.editor.post({ type: 'copyFigure', chart: id }),
        say: (sentence) => setText(this.live, sentence),
      },
      this.shared,
    );
  }

  /** Another tab or experiment: the editor is told, as it sends the models of what is looked at alone. */
  private look(change: { readonly tab?: PanelTab; readonly experiment?: string | null }): void {
    this.remember({ ...this.memory, ...change });
    this.editor.post({ type: 'view', experiment: this.memory.experiment, tab: this.memory.tab });
    this.ask();
  }

  private remember(memory: Memory): void {
    this.memory = memory;
    this.keep();
  }

  private keep(): void {
    this.editor.state = { ...this.memory, identity: this.content?.identity ?? null };
  }

  private async render({ request, svg, scale, target }: Extract<Incoming, { type: 'render' }>): Promise<void> {
    try {
      const blob = toPng(svg, scale);
      if (target === 'clipboard') await toClipboard(blob);
      const png = target === 'bytes' ? new Uint8Array(await (await blob).arrayBuffer()) : null;
      this.editor.post({ type: 'rendered', request, png, error: null });
    } catch (error) {
      this.editor.post({ type: 'rendered', request, png: null, error: error instanceof Error ? error.message : String(error) });
    }
  }
}
