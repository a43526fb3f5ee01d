/** Work that a picture does not wait for: done in one batch when the frame that is under way has been painted. */

/** Milliseconds after which it is done even if the page has not been idle. */
const patience = 200;

export class Later {
  private readonly tasks = new Map<object, () => void>();
  private isAsked = false;

  /** A newer task of the same owner replaces an older one. */
  ask(owner: object, task: () => void): void {
    this.tasks.set(owner, task);
    if (this.isAsked) return;
    this.isAsked = true;
    requestIdleCallback(() => this.run(), { timeout: patience });
  }

  /** Does without what an owner asked for. */
  drop(owner: object): void {
    this.tasks.delete(owner);
  }

  private run(): void {
    this.isAsked = false;
    const tasks = [...this.tasks.values()];
    this.tasks.clear();
    for (const task of tasks) task();
  }
}
