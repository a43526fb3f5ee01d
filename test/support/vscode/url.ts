/** The address of the workbench on a folder, with VS Code's own start parameters. */
export function workbenchUrl(base: string, { folder, payload }: { folder?: string | undefined; payload?: readonly string[][] }): string {
  const url = new URL(base);
  if (folder !== undefined) url.searchParams.set('folder', folder);
  if (payload !== undefined) url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}
