/** Tasks for the command line that comes with the extension. */
import * as vscode from 'vscode';

const taskType = 'attn';

interface AttnTask extends vscode.TaskDefinition {
  readonly command: string;
  readonly file: string;
  readonly args?: readonly string[];
}

export function registerTasks(context: vscode.ExtensionContext): void {
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider(taskType, {
      async provideTasks() {
        const files = await vscode.workspace.findFiles('**/*.attn', '**/node_modules/**', 50);
        return files.flatMap((file) => {
          const folder = vscode.workspace.getWorkspaceFolder(file);
          if (folder === undefined || folder.uri.scheme !== 'file') return [];
          const path = vscode.workspace.asRelativePath(file, false);
          return ['run', 'check'].map((command) => taskOf({ type: taskType, command, file: path }, folder, script));
        });
      },
      resolveTask(task) {
        const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
        const { command, file } = task.definition as Partial<AttnTask>;
        if (folder === undefined || command === undefined || file === undefined) return undefined;
        return taskOf(task.definition as AttnTask, folder, script);
      },
    }),
  );
}

function taskOf(definition: AttnTask, folder: vscode.WorkspaceFolder, script: string): vscode.Task {
  const args = [script, definition.command, ...(definition.args ?? []), definition.file];
  // The editor's own Node runs it, so that none need be installed.
  const execution = new vscode.ProcessExecution(process.execPath, args, {
    cwd: folder.uri.fsPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  const name = `${definition.command} ${definition.file}`;
  const task = new vscode.Task(definition, folder, name, taskType, execution, '$attn');
  task.group = definition.command === 'check' ? vscode.TaskGroup.Build : vscode.TaskGroup.Test;
  return task;
}
