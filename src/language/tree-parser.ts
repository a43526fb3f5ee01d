import {
  AbstractCstNode,
  AbstractLangiumParser,
  type AstNode,
  AstUtils,
  createParser,
  GrammarAST,
  GrammarUtils,
  isAstNode,
  type LangiumCoreServices,
  type LexerResult,
  RootCstNodeImpl,
  ValueConverter,
} from 'langium';

type ParserToken = LexerResult['tokens'][number];
type RuleArguments = Parameters<AbstractLangiumParser['rule']>;
type RuleResult = ReturnType<AbstractLangiumParser['rule']>;
type ConsumeArguments = Parameters<AbstractLangiumParser['consume']>;
type SubruleArguments = Parameters<AbstractLangiumParser['subrule']>;

/** Where a node stands, and where its properties do: what is needed of a concrete syntax tree, and no more. */
class Place extends AbstractCstNode {
  /** Name, start and end of every property, one after the other. */
  private readonly properties: (string | number)[] = [];
  private first: ParserToken | undefined;
  private last: ParserToken | undefined;

  constructor(root: RootCstNodeImpl) {
    super();
    this.root = root;
  }

  get offset(): number {
    return this.first?.startOffset ?? 0;
  }

  get end(): number {
    return this.last === undefined ? 0 : endOf(this.last);
  }

  get length(): number {
    return this.end - this.offset;
  }

  get range() {
    const { startLine = 1, startColumn = 1 } = this.first ?? {};
    const { endLine = 1, endColumn = 0 } = this.last ?? {};
    return { start: { line: startLine - 1, character: startColumn - 1 }, end: { line: endLine - 1, character: endColumn } };
  }

  reach(node: AstNode, first: ParserToken | undefined, last: ParserToken | undefined): void {
    this.astNode = node;
    this.first = first;
    this.last = last;
  }

  add(property: string, start: number, end: number): void {
    this.properties.push(property, start, end);
  }

  property(name: string, index: number): { start: number; end: number } | undefined {
    for (let i = 0, left = index; i < this.properties.length; i += 3)
      if (this.properties[i] === name && left-- === 0)
        return { start: Number(this.properties[i + 1]), end: Number(this.properties[i + 2]) };
    return undefined;
  }
}

/** Where the text of a property stands, the one of a number if it is a list; undefined when the property has no text of its own. */
export function placeOfProperty(node: AstNode, property: string, index = 0): { start: number; end: number } | undefined {
  return node.$cstNode instanceof Place ? node.$cstNode.property(property, index) : undefined;
}

/** A node while it is made: the tree's own types are read-only. */
type Built = AstNode & { $type: string; $container?: AstNode; $containerProperty?: string; $containerIndex?: number; $cstNode?: Place } & {
  [property: string]: unknown;
};

/** A rule that is being parsed: what it gives so far. A rule whose `node` is null gives text. */
interface Frame {
  node: Built | null;
  text: string;
  first: ParserToken | undefined;
}

interface Assignment {
  readonly feature: string;
  readonly operator: GrammarAST.Assignment['operator'];
}

/** A token that was put in or repaired is as long as it should read. */
const endOf = (token: ParserToken): number => token.startOffset + token.image.length;

/**
 * Builds the tree as Langium's own parser does, from the same grammar by the same recogniser, but without a concrete syntax tree, which
 * takes most of that parser's time. For grammars without cross-references, fragments, infix rules and unordered groups.
 */
export class TreeParser extends AbstractLangiumParser {
  readonly #services: LangiumCoreServices;
  /** By element of the grammar; null for one that assigns nothing. */
  readonly #assignments = new Map<GrammarAST.AbstractElement, Assignment | null>();
  /** By type: the lists and flags, which every node of the type has. */
  readonly #mandatory = new Map<string, readonly { readonly name: string; readonly isList: boolean }[]>();
  #frames: Frame[] = [];
  #root = new RootCstNodeImpl('');
  #last: ParserToken | undefined;
  /** First token of the rule that has just been parsed. */
  #first: ParserToken | undefined;

  constructor(services: LangiumCoreServices) {
    super(services);
    this.#services = services;
    createParser(services.Grammar, this, this.lexer.definition);
    this.finalize();
  }

  /** The tree, or the first token that does not fit. By the grammar's entry rule unless another is named. */
  parse(source: string, rule?: string): { readonly tree: AstNode } | { readonly failed: ParserToken } {
    this.#frames = [];
    this.#root = new RootCstNodeImpl(source);
    this.#last = undefined;
    this.wrapper.input = this.lexer.tokenize(source).tokens;
    const method = rule === undefined ? this.mainRule : this.getRule(rule);
    if (method === undefined) throw new Error(`The grammar has no rule ${rule}.`);
    const tree: unknown = this.wrapper.rule(method);
    const failed = this.wrapper.errors[0]?.token;
    if (failed !== undefined) return { failed };
    if (!isAstNode(tree)) throw new Error(`The rule ${rule} gives no node.`);
    return { tree };
  }

  override rule(...[rule, implementation]: RuleArguments): RuleResult {
    if (!GrammarAST.isParserRule(rule) || rule.fragment) throw new Error(`No tree can be built by ${rule.name}.`);
    const type = GrammarUtils.isDataTypeRule(rule) ? null : GrammarUtils.getTypeName(rule);
    // The suffix keeps a rule apart from a token of the same name.
    const method = this.wrapper.DEFINE_RULE(`${rule.name}\u200B`, (args) => {
      if (this.isRecording()) return implementation(args);
      this.#frames.push({ node: type === null ? null : this.#create(type), text: '', first: undefined });
      implementation(args);
      const frame = this.#frames.pop()!;
      this.#first = frame.first;
      return frame.node === null ? frame.text : this.#complete(frame.node, frame.first);
    });
    this.allRules.set(rule.name, method);
    if (rule.entry) this.mainRule = method;
    return method;
  }

  override consume(...[index, type, element]: ConsumeArguments): void {
    const token = this.wrapper.wrapConsume(index, type);
    if (this.isRecording()) return;
    this.#last = token;
    const frame = this.#frames[this.#frames.length - 1]!;
    frame.first ??= token;
    if (frame.node === null) {
      frame.text += token.image;
      return;
    }
    const assignment = this.#assignment(element);
    if (assignment === null) return;
    const value = type.name === 'STRING' ? ValueConverter.convertString(token.image) : token.image;
    this.#assign(frame.node, assignment, value, token);
  }

  override subrule(...[index, rule, , element, args]: SubruleArguments): void {
    const result: unknown = this.wrapper.wrapSubrule(index, rule, args);
    const first = this.#first;
    if (this.isRecording() || first === undefined) return;
    const frame = this.#frames[this.#frames.length - 1]!;
    frame.first ??= first;
    if (frame.node === null) {
      frame.text += String(result);
      return;
    }
    const assignment = this.#assignment(element);
    if (assignment !== null) this.#assign(frame.node, assignment, result, first);
    else if (isBuilt(result)) frame.node = result;
  }

  override action(type: string, action: GrammarAST.Action): void {
    if (this.isRecording()) return;
    const frame = this.#frames[this.#frames.length - 1]!;
    if (frame.node === null) return;
    if (action.feature === undefined || action.operator === undefined) {
      frame.node.$type = type;
      return;
    }
    const before = this.#complete(frame.node, frame.first);
    frame.node = this.#create(type);
    this.#assign(frame.node, { feature: action.feature, operator: action.operator }, before, frame.first);
  }

  #create(type: string): Built {
    return { $type: type, $cstNode: new Place(this.#root) };
  }

  #complete(node: Built, first: ParserToken | undefined): Built {
    node.$cstNode?.reach(node, first, this.#last);
    for (const { name, isList } of this.#mandatoryOf(node.$type)) if (node[name] === undefined) node[name] = isList ? [] : false;
    return node;
  }

  #assign(node: Built, { feature, operator }: Assignment, value: unknown, first: ParserToken | undefined): void {
    if (first !== undefined && this.#last !== undefined) node.$cstNode?.add(feature, first.startOffset, endOf(this.#last));
    let index: number | undefined;
    if (operator === '+=') {
      const list = node[feature];
      if (Array.isArray(list)) index = list.push(value) - 1;
      else {
        node[feature] = [value];
        index = 0;
      }
    } else node[feature] = operator === '?=' ? true : value;
    if (!isBuilt(value)) return;
    value.$container = node;
    value.$containerProperty = feature;
    if (index !== undefined) value.$containerIndex = index;
  }

  #assignment(element: GrammarAST.AbstractElement): Assignment | null {
    let known = this.#assignments.get(element);
    if (known === undefined) {
      known = AstUtils.getContainerOfType(element, GrammarAST.isAssignment) ?? null;
      this.#assignments.set(element, known);
    }
    return known;
  }

  #mandatoryOf(type: string): readonly { readonly name: string; readonly isList: boolean }[] {
    let known = this.#mandatory.get(type);
    if (known === undefined) {
      const { properties } = this.#services.shared.AstReflection.getTypeMetaData(type);
      known = Object.values(properties)
        .filter(({ defaultValue }) => defaultValue !== undefined)
        .map(({ name, defaultValue }) => ({ name, isList: Array.isArray(defaultValue) }));
      this.#mandatory.set(type, known);
    }
    return known;
  }
}

const isBuilt = (value: unknown): value is Built => isAstNode(value);
