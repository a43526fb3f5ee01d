import { type AstNode, type GenericAstNode, isAstNode } from 'langium';

/** A node and all within it, in the order of the text. A list, where Langium's stream of generators takes several times as long. */
export function everyNode(root: AstNode): AstNode[] {
  const found: AstNode[] = [];
  collect(root, found);
  return found;
}

function collect(node: AstNode, into: AstNode[]): void {
  into.push(node);
  for (const key in node) {
    if (key.charCodeAt(0) === 36) continue; // `$container` and the like
    const value: unknown = (node as GenericAstNode)[key];
    if (Array.isArray(value)) {
      for (const item of value) if (isAstNode(item)) collect(item, into);
    } else if (isAstNode(value)) collect(value, into);
  }
}
