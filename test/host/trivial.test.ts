import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the extension host', () => {
  it('has a workspace', () => {
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
  });
});
