/**
 * A chart model as a `pgfplots` picture for LaTeX: `\usepackage{pgfplots}` with `\usepgfplotslibrary{groupplots,fillbetween}` and
 * `\pgfplotsset{compat=1.16}`, any engine; titles in scripts that pdfLaTeX does not have need LuaLaTeX or XeLaTeX. The numbers stand in the file,
 * so that a reader can restyle them.
 */
import { projection } from './axis.js';
import { simplify, thin } from './decimate.js';
import { evenly } from './evenly.js';
import { colourOf, dashPattern, themes, zoneShades } from './palette.js';
import { onScales } from './shown.js';
import { plainText } from './text.js';
import type { Axis, ChartModel, LegendGroup, LineStyle, Panel, Series, Text } from './types.js';

export interface PgfplotsOptions {
  /** Comment lines at the top: where the figure comes from. */
  readonly metadata?: Readonly<Record<string, string | number | null>>;
}

const theme = themes.print;
/** Points of paper that a panel takes, and how far a thinned curve may leave the full one. */
const size = { width: 240, height: 140 };
const tolerance = 0.02;
/** Curves with at most so many points keep them all. */
const fewPoints = 129;
/** Entries of a group of the legend. */
const mostNamed = 12;
const widths = { thin: '0.4pt', normal: '0.8pt', heavy: '1.4pt' } as const;

export function toPgfplots(whole: ChartModel, options: PgfplotsOptions = {}): string {
  const model = onScales(whole);
  const palette = new Palette();
  const infinity = model.x.infinity ? placeOfInfinity(model.x) : null;
  const columns = Math.min(model.panels.length, 3);
  const body = model.panels.flatMap((panel, i) => panelLines(model, panel, i, columns, infinity, palette));
  // The panels share their axes. Where the last row is not full, the panels above its gap need their own labels below.
  const full = model.panels.length % columns === 0;
  const shared = `ylabels at=edge left, yticklabels at=edge left${full ? ', xlabels at=edge bottom, xticklabels at=edge bottom' : ''}`;
  const gaps = `horizontal sep=0.5cm, vertical sep=${full ? '1cm' : '1.9cm'}`;
  const group = `group style={group size=${columns} by ${Math.ceil(model.panels.length / columns)}, ${gaps}, ${shared}}`;
  const lines = [
    `% ${comment(model.title)}`,
    ...Object.entries(options.metadata ?? {}).map(([name, value]) => `% ${name}: ${comment(String(value ?? ''))}`),
    '% \\usepackage{pgfplots} \\usepgfplotslibrary{groupplots,fillbetween} \\pgfplotsset{compat=1.16}',
    '\\begin{tikzpicture}',
    ...palette.definitions(),
    `\\begin{groupplot}[${group},`,
    `  width=${columns === 1 ? '8.5cm' : '6cm'}, height=5cm, ${axisOptions('x', model.x, infinity)}`,
    `  ${axisOptions('y', model.y, null)}`,
    '  axis lines=left, grid=major, grid style={black!8}, legend style={draw=none, font=\\footnotesize, cells={anchor=west}},',
    '  unbounded coords=jump, legend pos=outer north east, tick label style={font=\\footnotesize}, label style={font=\\small}, title style={font=\\small}]',
    ...body,
    '\\end{groupplot}',
    '\\end{tikzpicture}',
  ];
  return `${lines.join('\n')}\n`;
}

/** Where L = ∞ is drawn: past the end of the axis, a step as wide as its last tick. */
function placeOfInfinity({ scale, domain: [low, high] }: Axis): number {
  return scale === 'log' ? high * (high / low) ** 0.12 : high + 0.12 * (high - low);
}

function axisOptions(name: 'x' | 'y', axis: Axis, infinity: number | null): string {
  const [low, high] = axis.domain;
  const options = [`${name}label={${latex(axis.label)}}`, `${name}min=${low}`, `${name}max=${infinity ?? high}`];
  if (axis.scale === 'log') options.push(`${name}mode=log`);
  const ticks = axis.ticks.filter(({ label }) => label !== null);
  const values = [...ticks.map(({ value }) => value), ...(infinity === null ? [] : [infinity])];
  const labels = [...ticks.map(({ label }) => latex(label!)), ...(infinity === null ? [] : ['$\\infty$'])];
  if (axis.scale === 'category') {
    options.push(`${name}tick={${axis.categories.map((_, i) => i).join(',')}}`);
    options.push(`${name}ticklabels={${axis.categories.map((text) => `{${latex(text)}}`).join(',')}}`);
  } else options.push(`${name}tick={${values.join(',')}}`, `${name}ticklabels={${labels.map((label) => `{${label}}`).join(',')}}`);
  return `${options.join(', ')},`;
}

function panelLines(model: ChartModel, panel: Panel, index: number, columns: number, infinity: number | null, palette: Palette): string[] {
  const title = panel.title.length === 0 ? model.title : plainText(panel.title);
  const lines = [`\\nextgroupplot[title={${escapeLatex(title)}}]`];
  lines.push(...zoneLines(model, panel, infinity));
  panel.series.forEach((series, i) => {
    lines.push(...bandLines(series, `${index}x${i}`, palette));
    lines.push(`% ${comment(plainText(series.label))}${series.methodLabel === '' ? '' : `, ${comment(series.methodLabel)}`}`);
    lines.push(`\\addplot[${lineOptions(series.style, palette)}, forget plot] coordinates {${curve(series, model)}};`);
    for (const kind of ['ring', 'square'] as const) {
      const marks = (series.marks ?? []).filter((mark) => mark.kind === kind);
      if (marks.length === 0) continue;
      const look = `${palette.name(series.style)}, only marks, mark=${kind === 'ring' ? '*' : 'square*'}, mark size=2pt, mark options={fill=white}, forget plot`;
      lines.push(
        `\\addplot[${look}] coordinates {${coordinates(
          marks.map(({ x }) => x),
          marks.map(({ y }) => y),
        )}};`,
      );
    }
    if (series.atInfinity !== null && infinity !== null) {
      const mark = `${palette.name(series.style)}, only marks, mark=*, mark size=1.2pt, forget plot`;
      lines.push(`\\addplot[${mark}] coordinates {${coordinates([infinity], [series.atInfinity.y])}};`);
    }
  });
  for (const reference of panel.references) {
    const [low, high] = model.x.domain;
    const at = coordinates([low, infinity ?? high], [reference.y, reference.y]);
    lines.push(`\\addplot[${lineOptions(reference.style, palette)}, forget plot] coordinates {${at}};`);
  }
  if (index === columns - 1) lines.push(...model.legend.flatMap((group) => legendLines(group, palette)));
  return lines;
}

/** What a colour, a dash and a facet stand for, once each. */
function legendLines({ all }: LegendGroup, palette: Palette): string[] {
  return evenly(all, mostNamed).map(
    ({ style, label }) => `\\addlegendimage{${lineOptions(style, palette)}}\\addlegendentry{${latex(label)}}`,
  );
}

/** Shaded stretches, behind the curves. */
function zoneLines(model: ChartModel, { zones }: Panel, infinity: number | null): string[] {
  const end = { x: infinity ?? model.x.domain[1], y: model.y.domain[1] };
  return zones.flatMap((zone) => {
    const across = zone.axis === 'x' ? 'y' : 'x';
    const [first, last] = model[zone.axis].domain;
    const [low, high] = [Math.max(first, zone.from ?? first), zone.to === null ? end[zone.axis] : Math.min(last, zone.to)];
    if (!(low < high)) return [];
    const [start, stop] = [model[across].domain[0], end[across]];
    const point = (along: number, other: number): string =>
      `(axis cs:${[zone.axis === 'x' ? along : other, zone.axis === 'x' ? other : along].map(digits).join(',')})`;
    const shade = 100 * zoneShades[zone.depth];
    const place = share(model[across], start, stop, zone.labelAt);
    const [at, anchor] =
      zone.axis === 'x'
        ? [point(share(model.x, low, high, 0.5), place), zone.labelAt > 0.5 ? 'north' : 'south']
        : [point(high, place), zone.labelAt > 0.75 ? 'north east' : zone.labelAt < 0.25 ? 'north west' : 'north'];
    return [
      ...(shade > 0 ? [`\\fill[black!${shade}] ${point(low, start)} rectangle ${point(high, stop)};`] : []),
      ...(zone.from === null ? [] : [`\\draw[black!40, line width=0.3pt, dotted] ${point(low, start)} -- ${point(low, stop)};`]),
      `\\node[anchor=${anchor}, font=\\tiny, black!70] at ${at} {${latex(zone.label)}};`,
    ];
  });
}

/** The value at a share of the way from one to another, as the axis shows it. */
function share({ scale }: Axis, low: number, high: number, at: number): number {
  return scale === 'log' ? low ** (1 - at) * high ** at : low + at * (high - low);
}

function bandLines({ lower, upper, x, style }: Series, name: string, palette: Palette): string[] {
  if (lower === null || upper === null) return [];
  return unbroken(lower, upper).flatMap(([first, end]) => {
    const part = `${name}x${first}`;
    const edge = (values: readonly (number | null)[], suffix: string): string =>
      `\\addplot[draw=none, forget plot, name path=${suffix}${part}] coordinates {${coordinates(x.slice(first, end), values.slice(first, end))}};`;
    const fill = `\\addplot[${palette.name(style)}, opacity=0.18, forget plot] fill between[of=lower${part} and upper${part}];`;
    return [edge(lower, 'lower'), edge(upper, 'upper'), fill];
  });
}

/** Stretches, from and until, of two or more points that have both edges: `fill between` closes over gaps. */
function unbroken(lower: readonly (number | null)[], upper: readonly (number | null)[]): (readonly [number, number])[] {
  const stretches: [number, number][] = [];
  lower.forEach((value, i) => {
    if (value === null || upper[i] == null) return;
    const last = stretches.at(-1);
    if (last?.[1] === i) last[1] = i + 1;
    else stretches.push([i, i + 1]);
  });
  return stretches.filter(([first, end]) => end - first > 1);
}

/** A curve of many points keeps those that can be seen. */
function curve({ x, y, style }: Series, axes: Pick<ChartModel, 'x' | 'y'>): string {
  if (x.length <= fewPoints || style.markers) return coordinates(x, y);
  const xs = Float64Array.from(x, projection(axes.x, 0, size.width));
  const ys = Float64Array.from(y, projection(axes.y, 0, size.height));
  const stretches = thin(xs, ys, tolerance).map((stretch) => simplify(xs, ys, stretch, tolerance));
  const parts = stretches.map((kept) =>
    coordinates(
      kept.map((i) => x[i]!),
      kept.map((i) => y[i]!),
    ),
  );
  return parts.join(` (${digits(x[0]!)},nan) `);
}

/** A value that is missing breaks the line. */
function coordinates(x: readonly number[], y: readonly (number | null)[]): string {
  return x.map((value, i) => `(${digits(value)},${y[i] == null ? 'nan' : digits(y[i]!)})`).join(' ');
}

/** More digits than a page can show; all of them for hundreds of curves would be more than TeX can hold. */
function digits(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function lineOptions(style: LineStyle, palette: Palette): string {
  const pattern = dashPattern(style.dash);
  const width = Number.parseFloat(widths[style.weight]);
  const dash = pattern.map((part, i) => `${i % 2 === 0 ? 'on' : 'off'} ${Math.round(100 * part * width) / 100}pt`).join(' ');
  return [
    palette.name(style),
    `line width=${widths[style.weight]}`,
    ...(dash === '' ? [] : [`dash pattern=${dash}`]),
    ...(style.muted ? ['opacity=0.55'] : []),
    style.markers ? 'mark=*, mark size=1pt, mark options={solid}' : 'mark=none',
  ].join(', ');
}

/** Colours by name, each defined once. */
class Palette {
  private readonly names = new Map<string, string>();

  name({ colour }: LineStyle): string {
    const hex = colourOf(colour, theme).slice(1).toUpperCase();
    const known = this.names.get(hex) ?? `attn${String.fromCharCode(65 + (this.names.size % 26))}${Math.floor(this.names.size / 26)}`;
    this.names.set(hex, known);
    return known;
  }

  definitions(): string[] {
    return [...this.names].map(([hex, name]) => `\\definecolor{${name}}{HTML}{${hex}}`);
  }
}

const symbols: Readonly<Record<string, string>> = {
  '∞': '\\infty',
  '‖': '\\|',
  '−': '-',
  '×': '\\times',
  '·': '\\cdot',
  '≤': '\\le',
  '≠': '\\ne',
  '∼': '\\sim',
  '≪': '\\ll',
  '≫': '\\gg',
  '∝': '\\propto',
  '∈': '\\in',
  '∂': '\\partial',
  '∑': '\\sum',
  '∏': '\\prod',
  '∫': '\\int',
  '→': '\\to',
  '⟨': '\\langle',
  '⟩': '\\rangle',
  ℓ: '\\ell',
  '′': "'",
  '≥': '\\ge',
  '≈': '\\approx',
  '∇': '\\nabla',
  '√': '\\surd',
  '½': '\\frac12',
  α: '\\alpha',
  β: '\\beta',
  γ: '\\gamma',
  δ: '\\delta',
  ε: '\\varepsilon',
  ζ: '\\zeta',
  η: '\\eta',
  θ: '\\theta',
  ι: '\\iota',
  κ: '\\kappa',
  λ: '\\lambda',
  μ: '\\mu',
  ν: '\\nu',
  ξ: '\\xi',
  π: '\\pi',
  ρ: '\\rho',
  σ: '\\sigma',
  τ: '\\tau',
  υ: '\\upsilon',
  φ: '\\varphi',
  χ: '\\chi',
  ψ: '\\psi',
  ω: '\\omega',
  Γ: '\\Gamma',
  Δ: '\\Delta',
  Θ: '\\Theta',
  Λ: '\\Lambda',
  Ξ: '\\Xi',
  Π: '\\Pi',
  Σ: '\\Sigma',
  Φ: '\\Phi',
  Ψ: '\\Psi',
  Ω: '\\Omega',
};
/** Other characters in the fonts that LaTeX begins with. */
const inText: Readonly<Record<string, string>> = { '\\': 'backslash', '<': 'less', '>': 'greater', '|': 'bar' };
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const subscripts = '₀₁₂₃₄₅₆₇₈₉';

/** Marks over a letter that has no form of its own with them. */
const accents: Readonly<Record<string, string>> = { '\u0302': '\\hat', '\u0303': '\\tilde', '\u0304': '\\bar', '\u0307': '\\dot' };

/** Text of a user or of ours, safe in LaTeX. */
export function escapeLatex(text: string): string {
  let out = '';
  const characters = [...text.normalize('NFC')];
  for (const [i, character] of characters.entries()) {
    const accent = accents[characters[i + 1] ?? ''];
    if (accents[character] !== undefined && i > 0) continue;
    if (accent !== undefined) {
      out += `\\ensuremath{${accent}{${symbols[character] ?? `\\mathit{${escapeLatex(character)}}`}}}`;
      continue;
    }
    const symbol = symbols[character];
    const up = superscripts.indexOf(character);
    const down = subscripts.indexOf(character);
    if (symbol !== undefined) out += `\\ensuremath{${symbol}}`;
    else if (up >= 0) out += `\\textsuperscript{${up}}`;
    else if (down >= 0) out += `\\textsubscript{${down}}`;
    else if (character === '⁻') out += '\\textsuperscript{\\ensuremath{-}}';
    else if (character === '\u00a0' || character === '\u202f' || character === '\u2009') out += '~';
    else if (inText[character] !== undefined) out += `\\text${inText[character]}{}`;
    else if (character === '^' || character === '~') out += `\\${character}{}`;
    else if ('#$%&_{}'.includes(character)) out += `\\${character}`;
    else if (/\p{Cc}/u.test(character)) out += ' ';
    else out += character;
  }
  return out;
}

export function latex(text: Text): string {
  return text
    .map((span) => {
      const words = span.italic ? `\\textit{${escapeLatex(span.text)}}` : escapeLatex(span.text);
      if (span.script === undefined) return words;
      return span.script === 'sub' ? `\\textsubscript{${words}}` : `\\textsuperscript{${words}}`;
    })
    .join('');
}

function comment(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
