/** Entry of the chart panel. */

import { App } from './app.js';
import { Editor } from './editor.js';
import * as l10n from './l10n.js';
import { registerControls } from './toolkit.js';
import './styles/panel.css';

const root = document.getElementById('attn-root');
if (root === null) throw new Error('The page of the panel has no root element.');
const { strings } = root.dataset;
if (strings !== undefined) l10n.config(JSON.parse(strings));
const editor = new Editor();
window.addEventListener('error', ({ message }) => editor.post({ type: 'problem', message }));
window.addEventListener('unhandledrejection', ({ reason }) => editor.post({ type: 'problem', message: String(reason) }));
registerControls();
new App(root, editor);
