/** Writes docs/diagnostics.md from the catalogue of codes. */
import { writeFileSync } from 'node:fs';
import { cataloguePage } from '../src/language/catalogue-page.js';

writeFileSync(new URL('diagnostics.md', import.meta.url), cataloguePage());
