/**
 * Spread constraints. A scenario compares the domains in which a service may stand by the service's own replicas; kube-scheduler
 * compares those that count by the pods that are selected. Where the two are the same, or one follows from the other, there is a
 * limit; otherwise the workload is left alone. Source: podtopologyspread/filtering.go, `Filter`.
 */
import { selectsLabels } from "../../../core/model/label-selector.ts";
import type { Pod } from "../../../core/model/pod.ts";
import type { SpreadConstraint } from "../../../core/model/spread-constraint.ts";
import { workloadKey } from "../../../core/model/workload.ts";
import type { Division } from "./cluster-nodes.ts";
import { distinct } from "./distinct.ts";
import type { NodeSet } from "./node-filter.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import { countByDomain, type Situation } from "./situation.ts";

interface Question {
  readonly situation: Situation;
  readonly workload: PlannedWorkload;
  readonly constraint: SpreadConstraint;
  readonly division: Division;
  /** Nodes whose pods count. */
  readonly counting: NodeSet;
  /** Pods that count, wherever they are or will be. */
  readonly selected: readonly Pod[];
}

/** After all limits that close nodes: which domains are open is asked here. */
export function keepSpread(situation: Situation, workload: PlannedWorkload): void {
  const questions = questionsOf(situation, workload);
  // These close nodes themselves.
  const around = questions.filter((question) => !countsItself(question)).map(spreadAround);
  const own = questions.filter(countsItself).map(spreadOwn);
  for (const why of [...around, ...own]) if (why !== undefined) workload.leaveAlone(why);
}

function questionsOf(situation: Situation, workload: PlannedWorkload): Question[] {
  const specs = distinct(workload.open.map(({ constraints }) => constraints));
  const [namespace = ""] = workload.key.split("/", 1);
  return distinct(specs.flatMap((constraints) => constraints?.spread ?? [])).flatMap((constraint): Question[] => {
    const { selector, topologyKey } = constraint;
    // Of everything, as of nothing, kube-scheduler counts none.
    if (selector === undefined || selector.length === 0) return [];
    const [counting, ...others] = specs.map((constraints = {}) => situation.filter.counting(constraints, constraint));
    if (counting === undefined) return [];
    if (others.some((other) => other.some((isIn, node) => isIn !== counting[node])))
      workload.leaveAlone("its pods differ in the nodes among which they are spread");
    const selected = situation.living.selectedIn(namespace, selector);
    return [{ situation, workload, constraint, division: situation.nodes.division(topologyKey), counting, selected }];
  });
}

function countsItself({ workload, constraint: { selector } }: Question): boolean {
  return workload.open.some(({ labels }) => selectsLabels(selector, labels));
}

/** The workload's pods count themselves. @returns why there is no limit that says so. */
function spreadOwn(question: Question): string | undefined {
  const { situation, workload, constraint, division, counting, selected } = question;
  const isOwn = (pod: Pod) => workloadKey(pod.workload) === workload.key;
  const replicas = new Set([...workload.fixed, ...workload.open]);
  if (!selected.every((pod) => isOwn(pod) && replicas.has(pod)) || selected.length !== replicas.size)
    return "a spread constraint counts other pods than its own";
  const bound = [...workload.fixed, ...workload.movable];
  if (bound.some((pod) => counting[situation.nodes.indexOf(pod)] !== 1))
    return "some of its pods stand where a spread constraint does not count them";
  const fixed = countByDomain(situation, workload.fixed, division);
  const domains = domainsIn(division, counting);
  const open = domainsIn(division, workload.allowed);
  const closed = [...domains].filter((domain) => !open.has(domain));
  const floor = domains.size < constraint.domainsMin ? 0 : Math.min(...closed.map((domain) => fixed[domain] ?? 0));
  if (Number.isFinite(floor)) return atMostEverywhere(question, floor);
  if (!canBeLevelled(fixed, domains, workload.open.length, constraint.skewMax))
    return "pods that stay are spread more unevenly than they should be";
  workload.spread.push({ division, skewMax: constraint.skewMax });
  return undefined;
}

/** Where a domain that counts is closed to it, the emptiest never has more than that: the others have a most. */
function atMostEverywhere({ workload, constraint, division, counting }: Question, floor: number): string | undefined {
  const sizes = new Int32Array(division.count);
  for (const [node, isIn] of counting.entries()) {
    const domain = division.ofNode[node] ?? -1;
    if (isIn === 1 && domain >= 0) sizes[domain] = (sizes[domain] ?? 0) + 1;
  }
  if (floor > 0 || sizes.some((size) => size > 1)) return "a spread constraint counts domains that are closed to it";
  workload.atMostPerNode(constraint.skewMax);
  return undefined;
}

/** Other pods count, and if all of them stay, some domains are full and some are not. */
function spreadAround(question: Question): string | undefined {
  const { situation, workload, constraint, division, counting, selected } = question;
  if (!selected.every((pod) => situation.settled.has(pod)))
    return "a spread constraint counts pods that may come or go";
  const counted = selected.filter((pod) => counting[situation.nodes.indexOf(pod)] === 1);
  const counts = countByDomain(situation, counted, division);
  const domains = domainsIn(division, counting);
  const least =
    domains.size < constraint.domainsMin ? 0 : Math.min(...[...domains].map((domain) => counts[domain] ?? 0));
  for (let domain = 0; domain < division.count; domain++)
    if ((counts[domain] ?? 0) - least > constraint.skewMax) workload.block(division, domain);
  return undefined;
}

function domainsIn({ ofNode }: Division, nodes: NodeSet): ReadonlySet<number> {
  const domains = new Set<number>();
  for (const [node, isIn] of nodes.entries()) {
    const domain = ofNode[node] ?? -1;
    if (isIn === 1 && domain >= 0) domains.add(domain);
  }
  return domains;
}

/** Whether the emptiest domains, filled up evenly, come as near to the fullest as they have to. */
function canBeLevelled(fixed: Int32Array, domains: ReadonlySet<number>, open: number, skewMax: number): boolean {
  const counts = [...domains].map((domain) => fixed[domain] ?? 0);
  const needed = Math.max(0, ...counts) - skewMax;
  return counts.reduce((missing, count) => missing + Math.max(0, needed - count), 0) <= open;
}
