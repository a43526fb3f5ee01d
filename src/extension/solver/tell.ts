/** What runs say, in the language of the editor. Figures and files keep the English of the results. */
import * as l10n from '@vscode/l10n';
import { retold } from '../../solver/sentences.js';

export const tell = (sentence: string): string => retold(sentence, (template, values) => l10n.t(template, ...values));
