/** What names mean: lets at the top and in an experiment, and the values that the sweeps take in one run. */
import type { AstNode } from 'langium';
import type { Experiment as ExperimentNode, Expression, Let, Spec, Sweep as SweepNode } from '../language/generated/ast.js';
import { experimentOf } from '../language/scope.js';
import { extent } from './mistake.js';
import type { Value } from './values.js';

/** Facts about the whole file that evaluation needs. */
export interface FileContext {
  readonly tree: Spec;
  readonly lets: ReadonlyMap<string, Let>;
  /** Ranges that the language layer has already complained about. */
  readonly damage: readonly { readonly start: number; readonly end: number }[];
  /** True for an experiment that lost statements to a mistake of syntax. */
  readonly broken: (node: ExperimentNode) => boolean;
  /** Calls of linspace and logspace whose values are used as integers somewhere. */
  readonly rounded: ReadonlySet<AstNode>;
}

/** True when the text of `node` contains, or is, something that has an error message already. */
export function isDamaged(context: FileContext, node: AstNode): boolean {
  if (node.$cstNode === undefined) {
    return true;
  }
  const { start, end } = extent(node);
  return context.damage.some((d) => d.start < end && d.end > start);
}

/** The names of one experiment. Its lets are for its own text; its sweeps reach the lets at the top of the file too, which follow them. */
export class ExperimentScope {
  readonly lets = new Map<string, Let>();
  readonly sweeps = new Map<string, SweepNode>();
  /** Sweeps whose list has a mistake: what depends on them has no value and needs no message. */
  readonly damagedSweeps = new Set<string>();
  private readonly dependencies = new Map<Let, ReadonlySet<string>>();

  constructor(
    readonly file: FileContext,
    readonly node: ExperimentNode | null,
  ) {
    for (const member of node?.members ?? []) {
      if (member.$type === 'Let' && !this.lets.has(member.name)) {
        this.lets.set(member.name, member);
      } else if (member.$type === 'Sweep' && !this.sweeps.has(member.name)) {
        this.sweeps.set(member.name, member);
      }
    }
  }

  /** The let that a name means where it stands at `node`. */
  letNamed(name: string, node: AstNode): Let | undefined {
    const inner = experimentOf(node) === undefined ? undefined : this.lets.get(name);
    return inner ?? this.file.lets.get(name);
  }

  /** Names of the sweeps that the value of `node` depends on. */
  sweepsBehind(node: Expression): ReadonlySet<string> {
    const found = new Set<string>();
    this.collect(node, found, new Set());
    return found;
  }

  private collect(node: Expression, found: Set<string>, active: Set<Let>): void {
    for (const [name, at] of namesIn(node)) {
      if (this.sweeps.has(name)) {
        found.add(name);
        continue;
      }
      const definition = this.letNamed(name, at);
      if (definition === undefined || active.has(definition)) {
        continue;
      }
      let behind = this.dependencies.get(definition);
      if (behind === undefined) {
        const inner = new Set<string>();
        active.add(definition);
        if (definition.value !== undefined) {
          this.collect(definition.value, inner, active);
        }
        active.delete(definition);
        behind = inner;
        if (active.size === 0) {
          this.dependencies.set(definition, behind);
        }
      }
      for (const sweep of behind) {
        found.add(sweep);
      }
    }
  }
}

/** The names an expression mentions, at any depth, and where. */
export function namesIn(root: Expression): Map<string, AstNode> {
  const names = new Map<string, AstNode>();
  const pending: Expression[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.$type === 'NameExpression') {
      names.set(node.name, node);
    }
    pending.push(...children(node));
  }
  return names;
}

/** Direct subexpressions; parts that recovery left out are skipped. */
export function children(node: Expression): Expression[] {
  const parts: (Expression | undefined)[] = (() => {
    switch (node.$type) {
      case 'BinaryExpression':
        return [node.left, node.right];
      case 'UnaryExpression':
        return [node.operand];
      case 'RangeLiteral':
        return [node.from, node.to];
      case 'ListLiteral':
        return [...node.items];
      case 'Call':
        return node.arguments.map((argument) => argument.value);
      default:
        return [];
    }
  })();
  return parts.filter((part) => part !== undefined);
}

/** One run's view of the names: sweep values, and the lets evaluated so far. */
export interface Environment {
  readonly scope: ExperimentScope;
  readonly sweeps: ReadonlyMap<string, Value>;
  /** Values of lets that no sweep touches, shared by all runs of the experiment. */
  readonly fixed: Map<Let, Value>;
  /** Values of the other lets, in this run. */
  readonly varying: Map<Let, Value>;
  /** Lets under evaluation, for cycles. */
  readonly active: Set<Let>;
  /** A sweep whose own list is being evaluated: its name then means the let of that name. */
  readonly listOf: string | null;
}

export function environment(
  scope: ExperimentScope,
  sweeps: ReadonlyMap<string, Value>,
  fixed: Map<Let, Value>,
  listOf: string | null = null,
): Environment {
  return { scope, sweeps, fixed, varying: new Map(), active: new Set(), listOf };
}
