/** The only file that knows where the controls come from: VS Code's webview toolkit. Its makers have archived it; another set goes in here. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
} from '@vscode/webview-ui-toolkit';
import { element, setAttributes } from './dom.js';

export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeDropdown(), vsCodeOption(), vsCodeProgressRing());
}

export interface ButtonOptions {
  readonly label: string;
  /** Instead of the label, which is then spoken and shown as a tool tip. */
  readonly icon?: Node;
  readonly look?: 'primary' | 'secondary' | 'icon';
  /** A switch: `setPressed` says whether it is on. */
  readonly toggle?: boolean;
  readonly press: () => void;
}

export function button({ label, icon, look = 'secondary', toggle = false, press }: ButtonOptions): HTMLElement {
  // The toolkit has no switches that stay down; these look like those of the editor's find box.
  const made = toggle
    ? element('button', { type: 'button', class: 'toggle', 'aria-pressed': 'false' })
    : document.createElement('vscode-button');
  setAttributes(made, {
    appearance: toggle ? null : icon === undefined ? look : 'icon',
    'aria-label': label,
    title: icon === undefined ? null : label,
  });
  made.append(icon ?? label);
  made.addEventListener('click', press);
  return made;
}

export function setPressed(target: HTMLElement, on: boolean): void {
  setAttributes(target, { 'aria-pressed': String(on) });
}

export function setDisabled(target: HTMLElement, off: boolean): void {
  setAttributes(target, { disabled: off });
}

export interface Dropdown {
  readonly node: HTMLElement;
  /** Rebuilds the list only when it has changed. */
  set(options: readonly string[], chosen: number): void;
}

export function dropdown(label: string, choose: (index: number) => void): Dropdown {
  const node = document.createElement('vscode-dropdown') as HTMLElement & { selectedIndex: number };
  setAttributes(node, { 'aria-label': label });
  let shown: readonly string[] = [];
  node.addEventListener('change', () => choose(node.selectedIndex));
  return {
    node,
    set(options, chosen) {
      if (options.length !== shown.length || options.some((text, i) => text !== shown[i])) {
        shown = options;
        node.replaceChildren(
          ...options.map((text, i) => {
            const option = document.createElement('vscode-option');
            setAttributes(option, { value: String(i) });
            option.append(text);
            return option;
          }),
        );
      }
      // The control takes up its options after they were put in.
      queueMicrotask(() => {
        if (node.selectedIndex !== chosen) node.selectedIndex = chosen;
      });
    },
  };
}

export function progressRing(label: string): HTMLElement {
  return element('span', { class: 'ring', role: 'img', 'aria-label': label }, document.createElement('vscode-progress-ring'));
}
