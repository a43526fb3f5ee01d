/** The editor's side: messages checked on arrival, and the little state that survives a reload. */
import { isToPanel } from '../src/protocol/check.js';
import { fromChannel } from '../src/protocol/crossing.js';
import type { FromPanel, ToPanel } from '../src/protocol/messages.js';
import type { Chart, Parameters, Table } from './models.js';

interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

export type Incoming = ToPanel<Chart, Table, Parameters>;

/** The outline of a message is checked here; its models come from the same bundle of code on the other side, and are trusted. */
function isIncoming(value: unknown): value is Incoming {
  return isToPanel(value);
}

export class Editor {
  private readonly api = acquireVsCodeApi();

  post(message: FromPanel): void {
    this.api.postMessage(message);
  }

  listen(receive: (message: Incoming) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const data = fromChannel(event.data);
      if (isIncoming(data)) receive(data);
      else
        this.post({ type: 'problem', message: `The panel was sent something that is no message: ${JSON.stringify(data)?.slice(0, 200)}` });
    });
  }

  get state(): unknown {
    return this.api.getState();
  }

  set state(value: unknown) {
    this.api.setState(value);
  }
}
