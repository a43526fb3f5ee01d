// node collected-heap.mjs PID: prints what a Node process holds after a collection, as JSON in bytes. Its inspector is opened by a signal, asked, and
// closed again, so that the process is measured as it runs for everybody. For a Node with a WebSocket of its own.
const pid = Number(process.argv[2]);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Every process opens its inspector at the same port: one at a time. */
const address = 'http://127.0.0.1:9229/json/list';

async function inspected() {
  process.kill(pid, 'SIGUSR1');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await fetch(address).then(
      (answer) => answer.json(),
      () => null,
    );
    if (found !== null) return found[0].webSocketDebuggerUrl;
    await pause(100);
  }
  throw new Error(`process ${pid} opened no inspector`);
}

const socket = new WebSocket(await inspected());
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  socket.onerror = () => reject(new Error('the inspector did not answer'));
});
const waiting = new Map();
let last = 0;
socket.onmessage = ({ data }) => {
  const { id, result, error } = JSON.parse(data);
  const answer = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) answer?.resolve(result);
  else answer?.reject(new Error(error.message));
};
function ask(method, params = {}) {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ id, method, params }));
  });
}
async function evaluate(expression) {
  const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true, includeCommandLineAPI: true });
  return result.value;
}

if ((await evaluate('process.pid')) !== pid) throw new Error('another process has its inspector at this port');
// The second finds what finalizers of the first have let go.
for (let round = 0; round < 2; round += 1) {
  await ask('HeapProfiler.collectGarbage');
  await pause(300);
}
const usage = await evaluate('({ ...process.memoryUsage() })');
console.log(JSON.stringify({ heap: usage.heapUsed, buffers: usage.external, resident: usage.rss }));
void ask('Runtime.evaluate', { expression: 'setTimeout(() => process._debugEnd(), 50)' });
// The next one needs the port.
for (let attempt = 0; attempt < 100; attempt += 1) {
  await pause(100);
  if (
    (await fetch(address).then(
      () => true,
      () => false,
    )) === false
  )
    break;
}
process.exit(0);
