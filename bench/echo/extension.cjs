// The shortest way from a keystroke to a picture that an extension has: the change of a text, a message, a canvas.
const vscode = require('vscode');

const page = `<!DOCTYPE html><html><body><canvas width="600" height="300"></canvas><script>
  const context = document.querySelector('canvas').getContext('2d');
  addEventListener('message', ({ data }) => {
    if (typeof data?.sequence !== 'number') return;
    requestAnimationFrame(() => {
      context.clearRect(0, 0, 600, 300);
      context.fillRect(10 * (data.sequence % 50), 100, 60, 60);
    });
  });
</script></body></html>`;

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand('echo.open', () => {
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const panel = vscode.window.createWebviewPanel('echo', 'Echo', column, { enableScripts: true });
      let sequence = 0;
      panel.webview.html = page;
      const subscription = vscode.workspace.onDidChangeTextDocument(() => {
        sequence += 1;
        panel.webview.postMessage({ sequence, changes: { charts: [] } });
      });
      panel.onDidDispose(() => subscription.dispose());
    }),
  );
};
