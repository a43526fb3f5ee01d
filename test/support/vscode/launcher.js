#!/usr/bin/env node
// Stands in for the program of desktop VS Code that @vscode/test-electron starts. It names a single file, with no place for an argument
// to Node: this file loads the TypeScript one.
import { register } from 'tsx/esm/api';

register();
await import('./launch.ts');
