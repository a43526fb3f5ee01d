/** One preview: a panel beside the text, its messages, and what of the study it shows. */
import * as vscode from 'vscode';
import type { ChartModel } from '../../chart/types.js';
import { isFromPanel } from '../../protocol/check.js';
import { toChannel } from '../../protocol/crossing.js';
import { type Replacement, type SliderPlace, sliderText } from '../../protocol/language.js';
import { type At, type FromPanel, type PanelTab, protocolVersion, type ToPanel } from '../../protocol/messages.js';
import type { Watched } from '../../protocol/solver.js';
import type { Services } from '../context.js';
import { exportFromPanel } from '../export/export.js';
import { log, reason } from '../log.js';
import type { Study } from '../studies/study.js';
import { type Content, contentOf, shownIndex, updateBetween } from './content.js';
import { previewPage } from './html.js';
import { openText, revealLine, revealSweepValues } from './reveal.js';
import { SliderDrag } from './slider-drag.js';
import { type PlacedSlider, writeValue } from './slider-place.js';

/** Of a figure in pixels, which in its vector form has 96 to the inch. */
export const dotsPerInch = 300;
const patience = 20_000;

export class Preview implements vscode.Disposable {
  private study: Study;
  private subscription: vscode.Disposable | null = null;
  private selected: string | null = null;
  private index = 0;
  private tab: PanelTab = 'charts';
  private compared: readonly ChartModel[] | null = null;
  private sliders: readonly SliderPlace[] = [];
  /** The version of the text that they count their places in. */
  private slidersOf = 0;
  /** The one that is being dragged. */
  private held: PlacedSlider | null = null;
  /** The curves that stand out. */
  private highlighted: At | null = null;
  private sequence = 0;
  /** What the panel was told last; null until it says that it is there. */
  private told: Content | null = null;
  private readonly drag: SliderDrag;
  private readonly renders = new Map<number, { resolve(png: Uint8Array | null): void; reject(error: Error): void }>();
  private nextRender = 1;
  /** Called when the page says that it is there. */
  private readonly waiting: (() => void)[] = [];
  private disposed = false;
  private readonly disposals = new vscode.EventEmitter<void>();
  readonly onDispose = this.disposals.event;
  private readonly changes = new vscode.EventEmitter<void>();
  /** Lock or text have changed, as a menu may show. */
  readonly onChange = this.changes.event;

  constructor(
    private readonly services: Services,
    /** All previews that are open. */
    private readonly siblings: ReadonlySet<Preview>,
    readonly panel: vscode.WebviewPanel,
    public uri: vscode.Uri,
    public locked: boolean,
  ) {
    this.study = services.studies.of(uri.toString());
    this.drag = new SliderDrag(services.language, () => this.study);
    const { extensionUri } = services.context;
    const dist = vscode.Uri.joinPath(extensionUri, 'dist');
    const media = vscode.Uri.joinPath(extensionUri, 'media');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist, media] };
    panel.iconPath = { light: vscode.Uri.joinPath(media, 'preview-light.svg'), dark: vscode.Uri.joinPath(media, 'preview-dark.svg') };
    panel.onDidDispose(() => this.dispose());
    panel.onDidChangeViewState(() => {
      // A page that is not seen is gone; when it is seen again it is loaded anew and says so.
      if (!panel.visible) this.told = null;
      this.watch();
      this.changes.fire();
    });
    panel.webview.onDidReceiveMessage((message: unknown) => this.hear(message));
    panel.webview.html = previewPage({
      script: panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      style: panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.css')).toString(),
      cspSource: panel.webview.cspSource,
      title: vscode.l10n.t('Attn Preview'),
      language: vscode.env.language,
      strings: vscode.l10n.bundle,
    });
    this.attach();
  }

  /** The title of the experiment that is shown. */
  get experiment(): string | null {
    return this.study.titles[this.shownIndex()] ?? null;
  }

  private shownIndex(): number {
    return shownIndex(this.study.titles, { selected: this.selected, index: this.index });
  }

  show(uri: vscode.Uri): void {
    if (uri.toString() === this.uri.toString()) return;
    this.detach();
    this.uri = uri;
    this.study = this.services.studies.of(uri.toString());
    this.selected = null;
    this.index = 0;
    this.compared = null;
    this.sliders = [];
    this.attach();
    this.tellEverything();
  }

  select(title: string): void {
    this.selected = title;
    this.compared = null;
    this.watch();
    this.tell();
  }

  setLocked(locked: boolean): void {
    this.locked = locked;
    this.retitle();
    this.tell();
    this.changes.fire();
  }

  toggleCompare(on = this.compared === null): void {
    const title = this.experiment;
    this.compared = on && title !== null ? this.study.previous(title) : null;
    if (on && this.compared === null) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is no earlier run to compare with yet. Change the spec first.'));
    }
    this.tell();
  }

  highlight(at: At | null): void {
    if (JSON.stringify(at) === JSON.stringify(this.highlighted)) return;
    this.highlighted = at;
    if (this.told !== null) this.post({ type: 'highlight', at });
  }

  setSliders(sliders: readonly SliderPlace[], version: number): void {
    this.sliders = sliders;
    this.slidersOf = version;
    this.tell();
  }

  /** An SVG as PNG, drawn by the panel; null when it went to the clipboard. */
  async render(svg: string, target: 'bytes' | 'clipboard'): Promise<Uint8Array | null> {
    if (!this.panel.visible) this.panel.reveal(this.panel.viewColumn, true);
    await this.loaded();
    const request = this.nextRender++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.renders.get(request)?.reject(new Error(vscode.l10n.t('The preview did not draw the figure.'))),
        patience,
      );
      const once = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          this.renders.delete(request);
          settle(value);
        };
      };
      this.renders.set(request, { resolve: once(resolve), reject: once(reject) });
      this.post({ type: 'render', request, svg, scale: dotsPerInch / 96, target });
    });
  }

  /** Resolves when the page is there. */
  private loaded(): Promise<void> {
    if (this.told !== null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(vscode.l10n.t('The preview did not load.'))), patience);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    // Nobody may ask this preview for its panel any more.
    this.disposals.fire();
    this.detach();
    for (const { reject } of [...this.renders.values()]) reject(new Error(vscode.l10n.t('The preview was closed.')));
    this.panel.dispose();
    this.disposals.dispose();
    this.changes.dispose();
  }

  private attach(): void {
    this.subscription = this.study.onChange(() => this.onStudy());
    this.retitle();
    this.watch();
    this.study.addInterest(this);
  }

  private detach(): void {
    this.drag.abandon();
    this.subscription?.dispose();
    this.watch(false);
    this.study.dropInterest(this);
  }

  private retitle(): void {
    const name = this.uri.path.slice(this.uri.path.lastIndexOf('/') + 1);
    this.panel.title = this.locked ? vscode.l10n.t('[Preview] {0}', name) : vscode.l10n.t('Preview {0}', name);
  }

  private onStudy(): void {
    this.watch();
    this.tell();
  }

  /** What all previews of the text look at. */
  private watch(including = true): void {
    const others = [...this.siblings].filter((preview) => preview !== this && preview.study === this.study);
    this.study.watch(watchedBy(including ? [this, ...others] : others));
  }

  /** Nothing while it is hidden behind another tab. */
  watched(): Watched | null {
    const experiment = this.experiment;
    return experiment === null || !this.panel.visible
      ? null
      : { experiment, charts: true, table: this.tab === 'table', parameters: this.tab === 'parameters' };
  }

  private content(): Content {
    return contentOf(this.study, {
      file: this.uri.path.slice(this.uri.path.lastIndexOf('/') + 1),
      selected: this.selected,
      index: this.index,
      tab: this.tab,
      compared: this.compared,
      sliders: this.sliders,
      locked: this.locked,
    });
  }

  private tellEverything(): void {
    if (this.told === null) return;
    this.told = this.content();
    this.post({ type: 'state', version: protocolVersion, sequence: ++this.sequence, content: this.told });
  }

  private tell(): void {
    if (this.told === null || this.disposed) return;
    const content = this.content();
    const update = updateBetween(this.told, content);
    this.told = content;
    if (update !== null) this.post({ type: 'update', sequence: ++this.sequence, ...update });
  }

  private post(message: ToPanel): void {
    if (this.disposed) return;
    this.panel.webview
      .postMessage(toChannel(message))
      .then(undefined, (error: unknown) => log.warn(`The preview did not answer: ${reason(error)}`));
  }

  private hear(message: unknown): void {
    if (!isFromPanel(message)) {
      log.warn('The preview sent a message that is none.');
      return;
    }
    this.obey(message).catch((error: unknown) => {
      log.error(reason(error));
      void vscode.window.showErrorMessage(reason(error));
    });
  }

  private async obey(message: FromPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        if (message.version !== protocolVersion) log.warn(`The preview speaks version ${message.version} of the protocol.`);
        this.look(message.experiment, message.tab);
        this.told = this.content();
        this.tellEverything();
        if (this.highlighted !== null) this.post({ type: 'highlight', at: this.highlighted });
        for (const resolve of this.waiting.splice(0)) resolve();
        return;
      case 'view':
        this.look(message.experiment, message.tab);
        this.tell();
        return;
      case 'reveal':
        return revealLine(this.uri, message.line);
      case 'showSource':
        await openText(this.uri);
        return;
      case 'revealAt':
        return revealSweepValues(this.uri, this.study.outline[this.shownIndex()], message.at);
      case 'run':
        this.study.run();
        return;
      case 'cancel':
        this.study.cancel();
        return;
      case 'compare':
        this.toggleCompare(message.on);
        return;
      case 'resume':
        this.study.setPaused(false);
        this.changes.fire();
        return;
      case 'slide':
        return this.slide(message);
      case 'export':
        return exportFromPanel(this.services, this, { format: message.format, chart: message.chart });
      case 'copyFigure':
        return exportFromPanel(this.services, this, { format: 'png', chart: message.chart, target: 'clipboard' });
      case 'copyText':
        await vscode.env.clipboard.writeText(message.text);
        return;
      case 'rendered': {
        const render = this.renders.get(message.request);
        if (message.error === null) render?.resolve(message.png);
        else render?.reject(new Error(message.error));
        return;
      }
      case 'problem':
        log.error(`Preview: ${message.message}`);
    }
  }

  private look(experiment: string | null, tab: PanelTab): void {
    if (experiment !== this.selected) this.compared = null;
    this.selected = experiment;
    this.index = this.shownIndex();
    this.tab = tab;
    this.watch();
  }

  private async slide({ id, value, phase }: Extract<FromPanel, { type: 'slide' }>): Promise<void> {
    const known = this.sliders.find((one) => one.id === id);
    if (known !== undefined) this.held = { slider: known, version: this.slidersOf };
    const { held } = this;
    if (held?.slider.id !== id) return;
    const { slider, version } = held;
    switch (phase) {
      case 'drag':
        this.drag.move({ ...slider.span, text: sliderText(value, slider.integer) }, version);
        return;
      case 'revert':
        this.drag.revert();
        return;
      case 'commit':
        this.drag.abandon();
        await this.commit(held, value);
    }
  }

  /** The value into the text, as it is now; a text that says the same stays as it is. */
  private async commit(held: PlacedSlider, value: number): Promise<void> {
    const { uri, study } = this;
    const document = await vscode.workspace.openTextDocument(uri);
    let changes = true;
    const write = async ({ start, end, text }: Replacement): Promise<boolean> => {
      const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
      changes = document.getText(range) !== text;
      if (!changes) return true;
      const edit = new vscode.WorkspaceEdit();
      edit.replace(uri, range, text);
      return vscode.workspace.applyEdit(edit);
    };
    const sliders = (version: number, offset: number): Promise<readonly SliderPlace[]> =>
      this.services.language.sliders(uri.toString(), version, offset);
    const isWritten = await writeValue(held, value, { version: () => document.version, sliders, write });
    if (!isWritten || !changes) study.endTrial();
    if (isWritten) return;
    const text = sliderText(value, held.slider.integer);
    void vscode.window.showWarningMessage(
      vscode.l10n.t('{0} = {1} was not written: the number is not in the text any more.', held.slider.label, text),
    );
  }
}

/** One entry for each experiment that is looked at. */
export function watchedBy(previews: readonly Preview[]): Watched[] {
  const byTitle = new Map<string, Watched>();
  for (const preview of previews) {
    const one = preview.watched();
    if (one === null) continue;
    const known = byTitle.get(one.experiment);
    byTitle.set(one.experiment, {
      experiment: one.experiment,
      charts: true,
      table: one.table || (known?.table ?? false),
      parameters: one.parameters || (known?.parameters ?? false),
    });
  }
  return [...byTitle.values()].sort((a, b) => (a.experiment < b.experiment ? -1 : 1));
}
