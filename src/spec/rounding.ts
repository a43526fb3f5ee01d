/** Finds the linspace and logspace lists whose values are used as integers somewhere, so that every use sees them rounded. */
import type { AstNode } from 'langium';
import type { Experiment, Expression, Spec } from '../language/generated/ast.js';
import { children, ExperimentScope, type FileContext } from './environment.js';

const integerSettings: Readonly<Record<string, readonly string[]>> = {
  task: ['dimension'],
  tokens: ['dimension'],
  prompt: ['length'],
  attention: ['heads', 'key_dimension'],
  train: ['points', 'steps', 'record', 'batch', 'seed'],
  concentrate: ['samples'],
  solver: ['samples', 'seed'],
};

/** Calls of linspace and logspace to be rounded when made. */
export function roundedLists(tree: Spec, file: Omit<FileContext, 'rounded'>): ReadonlySet<AstNode> {
  const marked = new Set<AstNode>();
  const context = { ...file, rounded: marked };
  for (const element of tree.elements) {
    if (element.$type === 'Experiment') {
      new Walk(new ExperimentScope(context, element), marked).experiment(element);
    }
  }
  return marked;
}

class Walk {
  private readonly visited = new Set<AstNode>();
  private readonly scanned = new Set<AstNode>();

  constructor(
    private readonly scope: ExperimentScope,
    private readonly marked: Set<AstNode>,
  ) {}

  experiment(node: Experiment): void {
    for (const member of node.members) {
      if (member.$type === 'Block') {
        for (const setting of member.settings) {
          if (integerSettings[member.kind]?.includes(setting.name)) {
            this.demand(setting.value);
          }
          this.scan(setting.value);
        }
      } else if (member.$type === 'Repeat') {
        this.demand(member.count);
      } else if (member.$type === 'Sweep') {
        this.scan(member.list);
      }
    }
  }

  /** Looks for places inside an expression that take integers whatever the setting. */
  private scan(node: Expression | undefined): void {
    if (node === undefined || this.scanned.has(node)) {
      return;
    }
    this.scanned.add(node);
    if (node.$type === 'RangeLiteral') {
      this.demand(node.from);
      this.demand(node.to);
    } else if (node.$type === 'Call') {
      if (node.callee === 'linspace' || node.callee === 'logspace') {
        this.demand(node.arguments.find((argument, i) => argument.key === 'points' || (argument.key === undefined && i === 2))?.value);
      } else if (node.callee === 'random') {
        this.demand(node.arguments.find((argument) => argument.key === 'seed')?.value);
      }
    } else if (node.$type === 'NameExpression') {
      this.scan(this.scope.letNamed(node.name, node)?.value);
    }
    for (const child of children(node)) {
      this.scan(child);
    }
  }

  /** `node` must be an integer: so must the names it is made of by sums, products and extrema. */
  private demand(node: Expression | undefined): void {
    if (node === undefined || this.visited.has(node)) {
      return;
    }
    this.visited.add(node);
    switch (node.$type) {
      case 'NameExpression': {
        const sweep = this.scope.sweeps.get(node.name);
        if (sweep === undefined) {
          this.demand(this.scope.letNamed(node.name, node)?.value);
        } else {
          this.demandList(sweep.list);
        }
        return;
      }
      case 'UnaryExpression':
        this.demand(node.operand);
        return;
      case 'BinaryExpression':
        if (node.operator !== '/') {
          this.demand(node.left);
          this.demand(node.right);
        }
        return;
      case 'Call':
        if (node.callee === 'min' || node.callee === 'max') {
          for (const argument of node.arguments) {
            this.demand(argument.value);
          }
        }
        return;
      default:
        return;
    }
  }

  private demandList(node: Expression | undefined): void {
    if (node === undefined) {
      return;
    }
    if (node.$type === 'Call' && (node.callee === 'linspace' || node.callee === 'logspace')) {
      this.marked.add(node);
    } else if (node.$type === 'ListLiteral') {
      for (const item of node.items) {
        this.demandList(item);
      }
    } else if (node.$type === 'NameExpression' && !this.visited.has(node)) {
      this.visited.add(node);
      this.demandList(this.scope.letNamed(node.name, node)?.value);
    }
  }
}
