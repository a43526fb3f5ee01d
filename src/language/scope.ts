import { type AstNode, AstUtils } from 'langium';
import { type Experiment, isExperiment, isLet, isSpec, isSweep, type Let, type Sweep } from './generated/ast.js';

export type Definition = Let | Sweep;

type Scope = ReadonlyMap<string, Definition>;

const scopes = new WeakMap<AstNode, Scope>();

/**
 * What a scope defines: the file its lets, an experiment its lets and sweeps. Of a name given twice the first stands
 * (the second is reported); a sweep stands before a let of its own experiment.
 */
export function definitions(scope: AstNode): Scope {
  const known = scopes.get(scope);
  if (known) return known;
  const map = new Map<string, Definition>();
  const members: readonly AstNode[] = isExperiment(scope) ? scope.members : isSpec(scope) ? scope.elements : [];
  for (const member of members) if ((isLet(member) || isSweep(member)) && !map.has(member.name)) map.set(member.name, member);
  scopes.set(scope, map);
  return map;
}

export function experimentOf(node: AstNode): Experiment | undefined {
  return AstUtils.getContainerOfType(node, isExperiment);
}

/**
 * The let or sweep that a name means at a node: the experiment's before the file's. For a name inside a let of the file this is the
 * file's definition; in a run of an experiment its sweep of that name overrides it (pass the experiment).
 */
export function resolveName(node: AstNode, name: string, experiment: Experiment | undefined = experimentOf(node)): Definition | undefined {
  const inner = experiment && definitions(experiment).get(name);
  if (inner) {
    // Only sweeps reach into the lets of the file.
    if (isSweep(inner) || experimentOf(node) === experiment) return inner;
  }
  const spec = AstUtils.getContainerOfType(node, isSpec);
  return spec && definitions(spec).get(name);
}
