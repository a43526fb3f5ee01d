/** The requests of the protocol, each answered by one feature of the language. */
import type { Connection, ServerCapabilities } from 'vscode-languageserver/node';
import type { Spec } from './specs.js';

export const featureCapabilities: ServerCapabilities = {};

export function registerFeatures(_connection: Connection, _specOf: (uri: string) => Spec | null): void {}
