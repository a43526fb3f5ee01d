/** Figures and data into files: made by the solver, pictures drawn by the panel, saved where the reader says. */
import * as vscode from 'vscode';
import { plainText } from '../../chart/text.js';
import type { ExportFormat } from '../../protocol/messages.js';
import type { Exported } from '../../protocol/solver.js';
import type { Services } from '../context.js';
import { dotsPerInch, type Preview } from '../preview/preview.js';
import { exportTheme } from '../settings.js';
import { settled } from '../studies/settled.js';
import type { Study } from '../studies/study.js';
import { dataFormats, type FormatInfo, figureFormats, formatInfo, themeParts } from './formats.js';
import { withDetails } from './png-chunks.js';

export interface ExportWish {
  readonly format: ExportFormat;
  /** Id of the chart, or null for the only or chosen one. */
  readonly chart: string | null;
  readonly target?: 'file' | 'clipboard';
}

/** What is exported of which text. */
export interface ExportSource {
  readonly uri: vscode.Uri;
  readonly study: Study;
  readonly experiment: string;
  /** The panel that draws pictures. */
  readonly preview: Preview | null;
}

export async function exportFromPanel(services: Services, preview: Preview, wish: ExportWish): Promise<void> {
  const { experiment, uri } = preview;
  if (experiment === null) return;
  await exportAs(services, { uri, study: services.studies.of(uri.toString()), experiment, preview }, wish);
}

export async function askAndExport(services: Services, source: ExportSource, kind: 'figure' | 'data'): Promise<void> {
  await finished(source);
  const chart = kind === 'figure' ? await askChart(source) : null;
  if (chart === undefined) return;
  const formats = kind === 'figure' ? figureFormats.filter(({ format }) => format !== 'png' || source.preview !== null) : dataFormats;
  const picked = await vscode.window.showQuickPick(
    formats.map((info) => ({ label: info.name, description: `.${info.extension}`, info })),
    { title: kind === 'figure' ? vscode.l10n.t('Export Figure') : vscode.l10n.t('Export Data'), placeHolder: vscode.l10n.t('Format') },
  );
  if (picked !== undefined) await exportAs(services, source, { format: picked.info.format, chart });
}

/** The chart to export: the only one, or the one that is picked. Undefined when the reader gave up. */
async function askChart({ study, experiment }: ExportSource): Promise<string | null | undefined> {
  const charts = study.snapshot(experiment)?.charts ?? [];
  if (charts.length < 2) return charts[0]?.id ?? null;
  const picked = await vscode.window.showQuickPick(
    charts.map(({ id, title, y, x }) => ({ label: title, description: `${plainText(y.label)} · ${plainText(x.label)}`, id })),
    { title: vscode.l10n.t('Export Figure'), placeHolder: vscode.l10n.t('Figure') },
  );
  return picked?.id;
}

async function exportAs(services: Services, source: ExportSource, wish: ExportWish): Promise<void> {
  await finished(source);
  const { format } = wish;
  const isFigure = format === 'svg' || format === 'png' || format === 'pgfplots';
  const what = {
    experiment: source.experiment,
    format: format === 'png' ? ('svg' as const) : format,
    chart: wish.chart,
    ...themeParts(isFigure ? exportTheme() : 'print'),
  };
  const { name, text, origin } = await services.solver.export(source.study.uri, what);
  if (wish.target === 'clipboard') {
    await source.preview?.render(text, 'clipboard');
    void vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Figure copied'), 3000);
    return;
  }
  // Asked for before the picture is drawn, so that the reader does not wait.
  const target = await askTarget(source.uri, name, formatInfo(format));
  if (target === undefined) return;
  const bytes = format === 'png' ? await drawn(source, text, origin) : new TextEncoder().encode(text);
  if (!bytes) throw new Error(vscode.l10n.t('A picture is drawn by the preview: open it first.'));
  await vscode.workspace.fs.writeFile(target, bytes);
  const open = vscode.l10n.t('Open');
  void vscode.window
    .showInformationMessage(vscode.l10n.t('Exported {0}.', target.path.slice(target.path.lastIndexOf('/') + 1)), open)
    .then((chosen) => (chosen === open ? vscode.commands.executeCommand('vscode.open', target) : undefined));
}

/** The picture, with what it was made from; nothing without a panel. */
async function drawn({ preview, experiment }: ExportSource, svg: string, origin: Exported['origin']): Promise<Uint8Array | null> {
  const picture = (await preview?.render(svg, 'bytes')) ?? null;
  if (picture === null) return null;
  const texts = { Title: experiment, Software: `Attn Lab ${origin.version}`, Comment: JSON.stringify(origin) };
  return withDetails(picture, { dotsPerInch, texts });
}

async function finished({ study, experiment }: ExportSource): Promise<void> {
  // A text that never made sense has nothing to wait for.
  if (!study.busy && (study.staleOf(experiment) !== null || study.snapshot(experiment) !== null)) return;
  const title = vscode.l10n.t('Waiting for the runs to finish');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (_, token) =>
    settled(study, experiment, (stop) => token.onCancellationRequested(stop)),
  );
}

async function askTarget(uri: vscode.Uri, name: string, { extension, name: format }: FormatInfo): Promise<vscode.Uri | undefined> {
  const folder = uri.scheme === 'untitled' ? vscode.workspace.workspaceFolders?.[0]?.uri : vscode.Uri.joinPath(uri, '..');
  const file = `${name}.${extension}`;
  return vscode.window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, file) }),
    filters: { [format]: [extension] },
    title: vscode.l10n.t('Export {0}', format),
  });
}
