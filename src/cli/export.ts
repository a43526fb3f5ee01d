/** Figures and data in a folder. */
import { join } from 'node:path';
import { chartModels, toSvg } from '../chart/index.js';
import { makeFolder, writeWhole } from './files.js';
import { csvLines } from './output/csv.js';
import { jsonText } from './output/json.js';
import { type Finished, provenanceOf } from './output/source.js';

const longestName = 80;

/** A title as the name of a file, the same on every system. */
export function fileName(title: string): string {
  const name = title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, longestName)
    .replace(/-+$/, '');
  // Names that Windows keeps for devices.
  return name === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name) ? `experiment${name === '' ? '' : `-${name}`}` : name;
}

/** Writes `<title>.csv`, `<title>.json` and `<title>.<chart>.svg` for every experiment; returns the paths. */
export function exportAll(finished: readonly Finished[], folder: string, version: string): string[] {
  makeFolder(folder);
  const written: string[] = [];
  const taken = new Set<string>();
  const put = (name: string, text: string) => {
    const path = join(folder, name);
    writeWhole(path, text);
    written.push(path);
  };
  for (const one of finished) {
    const wanted = fileName(one.result.experiment.title);
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted}-${i}`;
    taken.add(name);
    put(`${name}.csv`, [...csvLines([one], { version, provenance: true })].join(''));
    put(`${name}.json`, jsonText([one], version));
    const provenance = provenanceOf(one.result, version);
    for (const model of chartModels(one.result)) put(`${name}.${fileName(model.id)}.svg`, toSvg(model, { metadata: provenance }));
  }
  return written;
}
