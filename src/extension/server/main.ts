/** The language server: a process of its own that the editor starts. It speaks over IPC, or over standard streams with `--stdio`. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './serve.js';

serve(createConnection(ProposedFeatures.all));
