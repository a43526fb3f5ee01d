// Fetches what the tests in a real editor run in, where it is not there yet. A failure says what could not be had.
import { installBrowser, installEditor } from './install.js';

try {
  const editor = await installEditor();
  const browser = await installBrowser(editor);
  console.log(`VS Code: ${editor.server}\nbrowser: ${browser.path}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
