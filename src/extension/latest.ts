/**
 * Work that only the newest request of each key needs. By default it is done once the messages that have arrived are read, so that of several
 * changes in one go only the last is looked at. Knows no editor.
 */
export class Latest<Key> {
  readonly #waiting = new Set<Key>();
  #scheduled = false;

  constructor(
    private readonly work: (key: Key) => void,
    private readonly failed: (key: Key, error: unknown) => void,
    private readonly wait: (run: () => void) => void = setImmediate,
  ) {}

  ask(key: Key): void {
    this.#waiting.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.wait(() => this.#run());
  }

  drop(key: Key): void {
    this.#waiting.delete(key);
  }

  #run(): void {
    this.#scheduled = false;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    for (const key of keys) {
      try {
        this.work(key);
      } catch (error) {
        this.failed(key, error);
      }
    }
  }
}
