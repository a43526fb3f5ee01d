/** Colours for fences marked `attn` in the editor's own preview of Markdown. */
import { highlighted } from '../../language/highlight.js';

type Highlight = (text: string, language: string, attributes: string) => string;

/** What is used of markdown-it. */
export interface MarkdownIt {
  readonly options: { highlight?: Highlight | null };
}

export function extendMarkdownIt<T extends MarkdownIt>(markdown: T): T {
  const before = markdown.options.highlight;
  markdown.options.highlight = (text, language, attributes) =>
    language.toLowerCase() === 'attn' ? highlighted(text) : (before?.(text, language, attributes) ?? '');
  return markdown;
}
