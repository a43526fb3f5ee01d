/** Figures and data in a folder. */
import { join } from 'node:path';
import { chartModels, toSvg } from '../chart/index.js';
import { csvLines } from '../engine/export/csv.js';
import { jsonText } from '../engine/export/json.js';
import { fileName } from '../engine/export/name.js';
import { type Finished, provenanceOf } from '../engine/export/source.js';
import { makeOutputFolder, writeWhole } from './files.js';

/** Writes `<title>.csv`, `<title>.json` and `<title>.<chart>.svg` for every experiment; returns the paths. */
export function exportAll(finished: readonly Finished[], folder: string, version: string): string[] {
  makeOutputFolder(folder);
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
