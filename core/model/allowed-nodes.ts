import type { PlacementScenario, ScenarioService } from "./placement-scenario.ts";

/**
 * Indexes of the nodes where the service may stand, room or not: of those it names, or of all, those that lie in a domain of every
 * division by which it has to be spread. Kubernetes too keeps pods off nodes without the label of a topology spread constraint.
 *
 * @returns undefined for all nodes.
 */
export function allowedNodes(
  { nodes, domains = [] }: PlacementScenario,
  service: ScenarioService,
): number[] | undefined {
  const { spread = [] } = service;
  if (service.nodes === undefined && spread.length === 0) return undefined;
  const named = service.nodes && new Set(service.nodes);
  const isIn = (division: number, node: number) => (domains[division]?.ofNode[node] ?? -1) >= 0;
  return [...nodes.keys()].filter(
    (node) =>
      (named === undefined || named.has(nodes[node]?.name ?? "")) && spread.every((each) => isIn(each.domains, node)),
  );
}
