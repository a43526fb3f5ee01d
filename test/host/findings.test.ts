import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openSpec, until } from '../support/vscode/host.js';

const spec = `experiment "Condenses" {
  sweep L over [4, 1000]
  task linear_regression { dimension = 20, covariance = identity }
  prompt { length = L }
  train gradient_flow { time = 16, points = 17 }
  plot condensation against time by L
}
`;

describe('what solving finds out', () => {
  afterEach(closeAll);

  it('marks the training that leaves the theory, with the time, and goes when the text no longer does', async () => {
    const { document, editor } = await openSpec(spec);
    const marks = () => vscode.languages.getDiagnostics(document.uri).filter(({ code }) => code === 'attn.W510');
    const [mark] = await until('a warning at the training', () => marks().length === 1 && marks());
    assert.equal(mark?.severity, vscode.DiagnosticSeverity.Warning);
    assert.match(mark.message, /^L = 4: At time [\d.]+ /);
    assert.equal(mark.range.start.line, 4);
    const four = document.getText().indexOf('4, 1000');
    await editor.edit((edit) => edit.replace(new vscode.Range(document.positionAt(four), document.positionAt(four + 1)), '100'));
    await until('no warning', () => marks().length === 0);
  });
});
