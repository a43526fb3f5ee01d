// Loaded into the pages of a workbench: notes when a key came, what a panel was told, when it had drawn it. All times are milliseconds of
// one clock, which the frames of a page share.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const noted = { keys: [], told: [], drawn: [] };

  globalThis.attnWatch = {
    keys: () => addEventListener('keydown', () => noted.keys.push(now()), { capture: true }),
    /** In the panel's document. The panel has drawn when the first frame after a message is made; what that frame posts comes when it has been painted. */
    panel: () => {
      // Before the panel's own listener, which may draw at once.
      let arrived = 0;
      addEventListener('message', () => (arrived = now()), { capture: true });
      addEventListener('message', ({ data }) => {
        if (typeof data?.sequence !== 'number') return;
        const { sequence } = data;
        const parts = [...Object.keys(data.changes ?? data.content ?? {}), ...(data.curves === undefined ? [] : ['charts'])];
        const told = { sequence, parts, isWhole: false, time: arrived };
        noted.told.push(told);
        requestAnimationFrame(() => {
          // The panel has drawn it, and not painted yet.
          told.isWhole = [...document.querySelectorAll('.notes')].every((note) => !/unfinished/.test(note.textContent));
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => noted.drawn.push({ sequence, time: now() });
          port2.postMessage(null);
        });
      });
    },
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
