// Loaded into the pages of a workbench: notes when a key came, what a panel was told, when it had drawn it. All times are milliseconds of
// one clock, which the frames of a page share.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const noted = { keys: [], told: [], drawn: [] };

  /** The webview wraps a message of the panel; how deep is its own affair. */
  const sequenceOf = (value, depth) => {
    if (typeof value !== 'object' || value === null || depth === 0) return null;
    if (value.type === 'drawn' && typeof value.sequence === 'number') return value.sequence;
    for (const part of Object.values(value)) {
      const found = sequenceOf(part, depth - 1);
      if (found !== null) return found;
    }
    return null;
  };

  globalThis.attnWatch = {
    keys: () => addEventListener('keydown', () => noted.keys.push(now()), { capture: true }),
    /** In the frame that the panel's document lies in. */
    drawn: () =>
      addEventListener('message', ({ data }) => {
        const sequence = sequenceOf(data, 4);
        if (sequence !== null) requestAnimationFrame(() => noted.drawn.push({ sequence, time: now() }));
      }),
    /** In the panel's document. */
    told: () =>
      addEventListener('message', ({ data }) => {
        if (typeof data?.sequence !== 'number') return;
        noted.told.push({ sequence: data.sequence, parts: Object.keys(data.changes ?? data.content ?? {}), time: now() });
      }),
    take: (what) => noted[what].splice(0),
    /** Bytes of the heap after a collection. */
    heap: async () => {
      for (let round = 0; round < 3; round += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return performance.memory.usedJSHeapSize;
    },
  };
})();
