import ts from 'typescript';

/** One module that a source file asks for, however it asks. */
export interface ImportSite {
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
  /** True when nothing is left of it once types are erased. */
  readonly typeOnly: boolean;
}

function onlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return clause.name === undefined && bindings !== undefined && ts.isNamedImports(bindings) && allTypeOnly(bindings.elements);
}

function allTypeOnly(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]): boolean {
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

/**
 * Every import of a TypeScript or JavaScript source: `import`, `import type`, `export … from`, `import x = require()`,
 * `import('…')` as a value and as a type, `require()`, and `/// <reference>`. A dynamic import whose argument is not
 * a literal cannot be followed: it is answered with the specifier `?`, so that the caller can refuse it.
 */
export function importsOf(path: string, text: string): ImportSite[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const sites: ImportSite[] = [];
  const add = (specifier: string, position: number, typeOnly: boolean): void => {
    sites.push({ specifier, line: source.getLineAndCharacterOfPosition(position).line + 1, typeOnly });
  };
  const addLiteral = (argument: ts.Node | undefined, position: number, typeOnly: boolean): void => {
    const node = argument !== undefined && ts.isLiteralTypeNode(argument) ? argument.literal : argument;
    add(node !== undefined && ts.isStringLiteralLike(node) ? node.text : '?', position, typeOnly);
  };

  for (const reference of source.referencedFiles) add(`./${reference.fileName}`, reference.pos, true);
  for (const reference of source.typeReferenceDirectives) add(reference.fileName, reference.pos, true);

  const visit = (node: ts.Node): void => {
    const at = node.getStart(source);
    if (ts.isImportDeclaration(node)) {
      addLiteral(node.moduleSpecifier, at, onlyTypes(node.importClause));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const clause = node.exportClause;
      const named = clause !== undefined && ts.isNamedExports(clause) && allTypeOnly(clause.elements);
      addLiteral(node.moduleSpecifier, at, node.isTypeOnly || named);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      addLiteral(node.moduleReference.expression, at, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      addLiteral(node.argument, at, true);
    } else if (ts.isCallExpression(node)) {
      const callee = node.expression;
      const isRequire = ts.isIdentifier(callee) && callee.text === 'require';
      if (callee.kind === ts.SyntaxKind.ImportKeyword || isRequire) addLiteral(node.arguments[0], at, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}
