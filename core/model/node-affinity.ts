/** On which nodes a pod may stand by its own word. Source: k8s.io/component-helpers/scheduling/corev1/nodeaffinity. */
import { holds, type LabelRequirement, type Labels } from "./label-selector.ts";

/** Everything in it must hold. One without anything holds for no node. */
export interface NodeTerm {
  readonly matchExpressions?: readonly LabelRequirement[] | undefined;
  /** Of `metadata.name` alone, `In` or `NotIn` one value. */
  readonly matchFields?: readonly LabelRequirement[] | undefined;
}

interface NamedNode {
  readonly name: string;
  readonly labels: Labels;
}

/** @param terms one of them must hold. */
export function meetsOneTerm({ name, labels }: NamedNode, terms: readonly NodeTerm[]): boolean {
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((requirement) => holds(requirement, labels)) &&
      matchFields.every((requirement) => fieldHolds(requirement, name))
    );
  });
}

function fieldHolds({ key, operator, values = [] }: LabelRequirement, name: string): boolean {
  if (key !== "metadata.name" || values.length !== 1) return false;
  return operator === "In" ? values[0] === name : operator === "NotIn" && values[0] !== name;
}
