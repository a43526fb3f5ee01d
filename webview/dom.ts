/** Small helpers to build a page without inline style and without HTML from strings. */
import type { Text } from '../src/chart/types.js';

export type Child = Node | string | null;

type Attributes = Readonly<Record<string, string | boolean | null>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/** null and false remove an attribute, true sets it empty. */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) target.removeAttribute(name);
    else if (target.getAttribute(name) !== (value === true ? '' : value)) target.setAttribute(name, value === true ? '' : value);
  }
}

/** Writes only what differs: a screen reader hears of every change. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Italics and scripts as elements. */
export function richText(text: Text): (Node | string)[] {
  return text.map((span) => {
    const inner = span.italic === true ? element('i', {}, span.text) : span.text;
    if (span.script === undefined) return inner;
    return element(span.script === 'sub' ? 'sub' : 'sup', {}, inner);
  });
}

/** Replaces the children when `key` is not the one they were made for; the key is the content in short. */
export function fill(target: HTMLElement, key: string, make: () => readonly Child[]): void {
  if (filled.get(target) === key) return;
  filled.set(target, key);
  target.replaceChildren(...make().filter((child) => child !== null));
}

const filled = new WeakMap<HTMLElement, string>();
