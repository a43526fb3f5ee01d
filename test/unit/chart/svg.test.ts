import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chartModels } from '../../../src/chart/index.js';
import { textWidth } from '../../../src/chart/measure.js';
import { type SvgOptions, toSvg } from '../../../src/chart/svg.js';
import { clip } from '../../../src/chart/svg-marks.js';
import type { Span } from '../../../src/chart/types.js';
import { all } from './fixtures.js';

const snapshots = fileURLToPath(new URL('../../snapshots/', import.meta.url));

function figure(name: keyof typeof all, index = 0, options: SvgOptions = {}): string {
  return toSvg(chartModels(all[name]())[index]!, options);
}

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };
const decode = (s: string): string => s.replace(/&\w+;/g, (e) => entities[e] ?? e);

/** Boxes of all texts, read from the SVG itself. */
function textBoxes(svg: string): Box[] {
  return [...svg.matchAll(/<text ([^>]*)>(.*?)<\/text>/g)].map(([, attributes = '', content = '']) => {
    const get = (name: string): string | undefined => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1];
    const [x, y, size] = [Number(get('x')), Number(get('y')), Number(get('font-size'))];
    const spans = [...content.matchAll(/<tspan([^>]*)>([^<]*)<\/tspan>|([^<]+)/g)].map(([, attrs, inner, bare]): Span => {
      return attrs?.includes('font-size') ? { text: decode(inner ?? ''), script: 'sub' } : { text: decode(inner ?? bare ?? '') };
    });
    const width = textWidth(spans, size, get('font-weight') === 'bold');
    const shift = { start: 0, middle: 0.5, end: 1 }[get('text-anchor') ?? 'start'] ?? 0;
    const angle = (Number(/rotate\((-?[\d.]+)/.exec(get('transform') ?? '')?.[1] ?? 0) * Math.PI) / 180;
    const corners = [-shift * width, (1 - shift) * width].flatMap((dx) =>
      [-0.74 * size, 0.22 * size].map(
        (dy) => [x + dx * Math.cos(angle) - dy * Math.sin(angle), y + dx * Math.sin(angle) + dy * Math.cos(angle)] as const,
      ),
    );
    const xs = corners.map((c) => c[0]);
    const ys = corners.map((c) => c[1]);
    return {
      text: spans.map((s) => s.text).join(''),
      left: Math.min(...xs),
      right: Math.max(...xs),
      top: Math.min(...ys),
      bottom: Math.max(...ys),
    };
  });
}

function viewBox(svg: string): [number, number] {
  const [, w, h] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  return [Number(w), Number(h)];
}

/** Points that paths and circles visit: every path of the writer has absolute coordinates but for ticks and legend keys. */
function points(svg: string): [number, number][] {
  const out: [number, number][] = [];
  for (const [, d = ''] of svg.matchAll(/ d="([^"]*)"/g))
    for (const [, x, y] of d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)) out.push([Number(x), Number(y)]);
  for (const [, x, y] of svg.matchAll(/cx="(-?[\d.]+)" cy="(-?[\d.]+)"/g)) out.push([Number(x), Number(y)]);
  return out;
}

function assertWellFormed(svg: string): void {
  const stack: string[] = [];
  let rest = svg;
  for (
    let tag = /<(\/?)([\w:]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/.exec(rest);
    tag !== null;
    tag = /<(\/?)([\w:]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/.exec(rest)
  ) {
    assert.ok(!/[<>]/.test(rest.slice(0, tag.index)), rest.slice(0, tag.index));
    if (tag[1] === '/') assert.equal(stack.pop(), tag[2]);
    else if (tag[4] !== '/') stack.push(tag[2]!);
    rest = rest.slice(tag.index + tag[0].length);
  }
  assert.deepEqual(stack, []);
  assert.equal(rest.trim(), '');
  assert.ok(!/&(?!(?:amp|lt|gt|quot);)/.test(svg), 'a bare ampersand');
}

describe('figures', () => {
  const sizes: [string, SvgOptions][] = [
    ['its own size', {}],
    ['one column', { size: 'column' }],
    ['wide', { size: 'wide' }],
    ['a small fixed size', { size: { width: 300, height: 220 }, theme: 'dark' }],
  ];
  for (const name of Object.keys(all) as (keyof typeof all)[]) {
    it(`${name}: well formed, inside the frame, no text over another`, () => {
      for (const model of chartModels(all[name]())) {
        for (const [what, options] of sizes) {
          // Nine panels do not fit the small fixed size, which is the caller's choice.
          if (what.startsWith('a small') && model.panels.length > 2) continue;
          const svg = toSvg(model, options);
          const where = `${name}, ${model.id}, ${what}`;
          assertWellFormed(svg);
          assert.ok(!/NaN|undefined|Infinity|null/.test(svg.replace(/<(title|desc|metadata)>.*?<\/\1>/gs, '')), where);
          const [width, height] = viewBox(svg);
          const boxes = textBoxes(svg);
          for (const b of boxes) {
            assert.ok(
              b.left >= -0.5 && b.right <= width + 0.5 && b.top >= -0.5 && b.bottom <= height + 0.5,
              `${where}: "${b.text}" leaves the frame: ${JSON.stringify(b)} ${width}×${height}`,
            );
          }
          if (!svg.includes('rotate(-32')) {
            boxes.forEach((a, i) => {
              for (const b of boxes.slice(0, i)) {
                const over =
                  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.2 &&
                  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.6;
                assert.ok(!over, `${where}: "${a.text}" over "${b.text}"`);
              }
            });
          }
          for (const [x, y] of points(svg))
            assert.ok(x >= -0.01 && x <= width + 0.01 && y >= -0.01 && y <= height + 0.01, `${where}: ${x}, ${y}`);
        }
      }
    });
  }

  it('is the same text every time', () => {
    assert.equal(figure('flow'), figure('flow'));
  });

  it('has a name, a description, a role and the metadata it is given', () => {
    const svg = figure('longNames', 0, { metadata: { hash: 'abc', seed: 7, method: 'exact <&>' } });
    assert.ok(svg.includes('role="img"') && /<title>A title/.test(svg) && /<desc>.*U-gradient error.*<\/desc>/s.test(svg));
    assert.deepEqual(JSON.parse(decode(/<metadata>(.*?)<\/metadata>/.exec(svg)![1]!)), { hash: 'abc', seed: 7, method: 'exact <&>' });
  });

  it('refers to nothing outside itself and has no ids to clash', () => {
    const svg = figure('paperGrid');
    assert.ok(!/ id=|href|url\(|<style|<script/.test(svg));
    assert.deepEqual(svg.match(/https?:[^"]*/g), ['http://www.w3.org/2000/svg']);
  });

  it('labels lines at their ends when they have room, else has a legend', () => {
    const at = (svg: string, text: string): Box | undefined => textBoxes(svg).find((b) => b.text.replaceAll('\u00a0', ' ') === text);
    const direct = figure('flowOneKind');
    assert.ok(at(direct, 'L = ∞')!.left > 0.75 * viewBox(direct)[0]);
    assert.equal(at(direct, 'L'), undefined);
    const legend = figure('flow', 2);
    assert.equal(at(legend, 'L = ∞'), undefined);
    assert.ok(at(legend, '∞') !== undefined && at(legend, 'softmax') !== undefined);
  });

  it('calls a sampled line sampled beside its bounds', () => {
    const texts = textBoxes(figure('rademacher')).map((b) => b.text);
    assert.ok(texts.includes('sampled') && texts.includes('certified bound') && !texts.includes('exact'));
  });

  it('draws L = ∞ past a break of the axis', () => {
    const svg = figure('finalRisk');
    const tick = textBoxes(svg).find((b) => b.text === '∞')!;
    const last = textBoxes(svg).find((b) => b.text === '1000')!;
    assert.ok(tick.left > last.right);
    assert.equal([...svg.matchAll(/<circle [^>]*r="1.7"/g)].length, 2);
  });

  it('leaves out the title, the notes or the background on demand', () => {
    const svg = figure('broken', 0, { title: false, notes: false, background: 'transparent' });
    const texts = textBoxes(svg).map((b) => b.text);
    assert.ok(!texts.includes('Some runs failed') && !texts.some((t) => t.includes('failed')));
    assert.ok(!svg.includes('fill="#ffffff"'));
  });

  it('stays small with a hundred thousand points', () => {
    const model = chartModels(all.single())[0]!;
    const [panel] = model.panels;
    const n = 100_000;
    const x = Array.from({ length: n }, (_, i) => (32 * i) / n);
    const y = x.map((t) => 0.3 + 0.2 * Math.sin(t * 300));
    const svg = toSvg({ ...model, panels: [{ ...panel!, series: [{ ...panel!.series[0]!, smooth: false, x, y }] }] });
    assert.ok(svg.length < 80_000, `${svg.length} characters`);
  });
});

describe('clipping', () => {
  it('cuts where the line crosses', () => {
    assert.deepEqual(
      clip(
        [
          [0, 5],
          [10, 15],
          [20, 5],
        ],
        0,
        10,
      ),
      [
        [
          [0, 5],
          [5, 10],
        ],
        [
          [15, 10],
          [20, 5],
        ],
      ],
    );
    assert.deepEqual(
      clip(
        [
          [0, -10],
          [10, 20],
        ],
        0,
        10,
      ),
      [
        [
          [10 / 3, 0],
          [20 / 3, 10],
        ],
      ],
    );
    assert.deepEqual(
      clip(
        [
          [0, 20],
          [10, 20],
        ],
        0,
        10,
      ),
      [],
    );
    assert.deepEqual(
      clip(
        [
          [0, 20],
          [10, 5],
          [20, -20],
        ],
        0,
        10,
      ),
      [
        [
          [20 / 3, 10],
          [10, 5],
          [12, 0],
        ],
      ],
    );
    assert.deepEqual(
      clip(
        [
          [0, -5],
          [10, 15],
          [20, -5],
        ],
        0,
        10,
      ),
      [
        [
          [2.5, 0],
          [7.5, 10],
        ],
        [
          [12.5, 10],
          [17.5, 0],
        ],
      ],
    );
  });
});

describe('snapshots', () => {
  const kept: [keyof typeof all, number][] = [
    ['flow', 0],
    ['flow', 1],
    ['flow', 2],
    ['flowOneKind', 0],
    ['concentration', 0],
    ['concentration', 1],
    ['concentrationOne', 0],
    ['rademacher', 0],
    ['finalRisk', 0],
    ['repeated', 0],
    ['longNames', 0],
    ['longNames', 1],
    ['broken', 0],
    ['overlaid', 0],
    ['nine', 0],
    ['empty', 0],
    ['huge', 0],
  ];
  for (const [name, index] of kept) {
    it(`${name} ${index}`, () => {
      const file = `${snapshots}${name}-${index}.svg`;
      const svg = figure(name, index);
      const missing = !existsSync(file);
      assert.ok(!(missing && process.env.CI === 'true'), `${file} is missing; make it with UPDATE_SNAPSHOTS=1`);
      if (missing || process.env.UPDATE_SNAPSHOTS === '1') {
        mkdirSync(snapshots, { recursive: true });
        writeFileSync(file, svg);
      }
      assert.equal(svg, readFileSync(file, 'utf8'), 'the figure has changed: look at it, then UPDATE_SNAPSHOTS=1');
    });
  }
});
