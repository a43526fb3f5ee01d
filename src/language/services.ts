import {
  type AstNode,
  createDefaultCoreModule,
  createDefaultSharedCoreModule,
  DefaultTokenBuilder,
  EmptyFileSystem,
  inject,
  type LangiumCoreServices,
  type Lexer,
  type LexerResult,
  type Module,
  type PartialLangiumCoreServices,
} from 'langium';
import { AttnGeneratedModule, AttnGeneratedSharedModule, AttnLanguageMetaData } from './generated/module.js';
import type { Token } from './tokens.js';
import { TreeParser } from './tree-parser.js';

type TokenDictionary = Lexer['definition'];
type ParserToken = LexerResult['tokens'][number];

/**
 * Hands the parser the tokens of the structure pass instead of lexing: where a statement ends depends on new lines,
 * brackets and operators, and a damaged statement is left out, so that one mistake gives one message.
 */
export class PreparedLexer implements Lexer {
  readonly definition: TokenDictionary;
  prepared: readonly Token[] = [];

  constructor(services: LangiumCoreServices) {
    const vocabulary = new DefaultTokenBuilder().buildTokens(services.Grammar);
    const definition: TokenDictionary = {};
    for (const type of vocabulary as TokenDictionary[string][]) definition[type.name] = type;
    this.definition = definition;
  }

  tokenize(): LexerResult {
    return { tokens: this.prepared.map((token) => this.#convert(token)), hidden: [], errors: [] };
  }

  #convert(token: Token): ParserToken {
    const tokenType = this.#type(token);
    return {
      image: token.image,
      startOffset: token.start,
      endOffset: token.end - 1,
      startLine: token.line,
      startColumn: token.column,
      endLine: token.line,
      endColumn: token.column + (token.end - token.start) - 1,
      tokenTypeIdx: tokenType.tokenTypeIdx ?? 0,
      tokenType,
    };
  }

  #type(token: Token): TokenDictionary[string] {
    switch (token.kind) {
      case 'number':
        return this.definition.NUMBER!;
      case 'string':
        return this.definition.STRING!;
      case 'end':
        return this.definition.END!;
      case 'symbol':
        return this.definition[token.image]!;
      case 'word':
        return Object.hasOwn(this.definition, token.image) && !/^[A-Z]/.test(token.image)
          ? this.definition[token.image]!
          : this.definition.ID!;
    }
  }
}

export interface Parsed {
  /** Null after a failure. */
  readonly tree: AstNode | null;
  /** Index of the first token that could not be taken, or −1. */
  readonly failure: number;
}

export interface AttnParser {
  /** Parses prepared tokens by a rule of the grammar; stops at the first token that does not fit. */
  parse(source: string, tokens: readonly Token[], rule?: string): Parsed;
}

let parser: AttnParser | undefined;

/** The parser, made at its first use. */
export function attnParser(): AttnParser {
  parser ??= createParser();
  return parser;
}

/** The grammar with the lexer of this language, for a parser to be made of. */
export function createServices(): { readonly services: LangiumCoreServices; readonly lexer: PreparedLexer } {
  const shared = inject(createDefaultSharedCoreModule(EmptyFileSystem), AttnGeneratedSharedModule);
  const module: Module<LangiumCoreServices, PartialLangiumCoreServices> = {
    // The grammar is checked when it is generated, not at every start.
    LanguageMetaData: () => ({ ...AttnLanguageMetaData, mode: 'production' }),
    parser: { Lexer: (services) => new PreparedLexer(services), ParserConfig: () => ({ recoveryEnabled: false }) },
  };
  const services = inject(createDefaultCoreModule({ shared }), AttnGeneratedModule, module);
  shared.ServiceRegistry.register(services);
  return { services, lexer: services.parser.Lexer as PreparedLexer };
}

function createParser(): AttnParser {
  const { services, lexer } = createServices();
  const trees = new TreeParser(services);
  return {
    parse(source, tokens, rule) {
      lexer.prepared = tokens;
      const result = trees.parse(source, rule);
      lexer.prepared = [];
      return 'tree' in result ? { tree: result.tree, failure: -1 } : { tree: null, failure: indexOf(result.failed, tokens) };
    },
  };
}

/** Of the token that the parser could not take; one behind the last when it is the end of the text. */
function indexOf(failed: ParserToken, tokens: readonly Token[]): number {
  const at = tokens.findIndex((t) => t.start === failed.startOffset && t.image === failed.image);
  return at < 0 ? tokens.length : at;
}
