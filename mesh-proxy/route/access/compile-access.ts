/** The policies of a pod, compiled once for a snapshot: which transport a port takes, and who may do what. */
import type {
  AccessAction,
  AccessRule,
  AccessSource,
  AccessTarget,
  MtlsMode,
  PodAccess,
} from "../../../core/model/mesh-snapshot.ts";
import type { SpiffeId } from "../../../core/model/spiffe-id.ts";
import { isText, startsWith, textBytes } from "../match/byte-text.ts";
import { hostHolds } from "../match/compile-request-match.ts";
import { RequestFacts } from "../match/request-facts.ts";
import type { RequestHead } from "../match/request-head.ts";
import { NormalPath } from "./normal-path.ts";

export interface Access {
  /** Undefined where no policy says. */
  modeOf(port: number): MtlsMode | undefined;
  /** Whether there are rules at all. */
  readonly hasRules: boolean;
  /** Whether each request to the port is judged, and not the connection. */
  judgesRequests(port: number): boolean;
  /** @param request absent where the connection is judged as a whole */
  judge(about: AccessFacts, request?: RequestHead): AccessJudgement;
}

export interface AccessFacts {
  /** Whom the other side's certificate names; undefined in plaintext. */
  readonly identity: SpiffeId | undefined;
  /** Of the application or function. */
  readonly port: number;
}

export interface AccessJudgement {
  readonly isAllowed: boolean;
  /** What decided it; undefined where no rule did, as there is none that allows anything. */
  readonly by: RuleName | undefined;
  /** Those that only watch. */
  readonly audits: readonly RuleName[];
}

export interface RuleName {
  readonly policy: string;
  readonly rule: string;
  readonly action: AccessAction;
}

/** What is refused because rules allow other things. */
export const unmatched: RuleName = { policy: "", rule: "", action: "Deny" };

const everything: AccessJudgement = { isAllowed: true, by: undefined, audits: [] };
const nothing: AccessJudgement = { isAllowed: false, by: unmatched, audits: [] };

/** Audits count always; then any `Deny` refuses; then, if there is any `Allow`, one of them must hold. */
export function compileAccess(access: PodAccess | undefined): Access {
  const modes = new Map(access?.mtls?.ports.map(({ port, mode }) => [port, mode]));
  const rules = access?.rules ?? [];
  const http1Ports = new Set(access?.http1Ports);
  const compiled = rules.map(compileRule);
  const [audits, denies, allows] = (["Audit", "Deny", "Allow"] as const).map((action) =>
    compiled.filter(({ name }) => name.action === action),
  ) as [CompiledRule[], CompiledRule[], CompiledRule[]];
  const facts = new RequestFacts([]);
  const normal = new NormalPath();
  return {
    modeOf: (port) => modes.get(port) ?? access?.mtls?.mode,
    hasRules: rules.length > 0,
    judgesRequests: (port) => rules.length > 0 && http1Ports.has(port),
    judge: (about, request) => {
      if (rules.length === 0) return everything;
      if (request !== undefined) {
        facts.read(request);
        normal.apply(facts.path);
      }
      const known = request === undefined ? undefined : facts;
      const decided = firstHolding(denies, about, known) ?? firstHolding(allows, about, known);
      const judgement = decided?.judgement ?? (allows.length === 0 ? everything : nothing);
      if (audits.length === 0) return judgement;
      const watching = audits.filter(({ holds }) => holds(about, known)).map(({ name }) => name);
      return { ...judgement, audits: watching };
    },
  };
}

type Holds = (about: AccessFacts, request: RequestFacts | undefined) => boolean;

interface CompiledRule {
  readonly name: RuleName;
  readonly holds: Holds;
  /** Where it decides, and none watches. */
  readonly judgement: AccessJudgement;
}

function firstHolding(
  rules: readonly CompiledRule[],
  about: AccessFacts,
  request: RequestFacts | undefined,
): CompiledRule | undefined {
  for (const rule of rules) if (rule.holds(about, request)) return rule;
  return undefined;
}

/** None asks nothing. */
function anyHolds(all: readonly Holds[], about: AccessFacts, request: RequestFacts | undefined): boolean {
  for (const holds of all) if (holds(about, request)) return true;
  return all.length === 0;
}

function compileRule({ policy, name, action, from, to }: AccessRule): CompiledRule {
  const sources = from.map(sourceHolds);
  const targets = to.map((target) => targetHolds(target, action === "Deny"));
  const by = { policy, rule: name, action };
  return {
    name: by,
    holds: (about, request) => anyHolds(sources, about, request) && anyHolds(targets, about, request),
    judgement: { isAllowed: action === "Allow", by, audits: [] },
  };
}

function sourceHolds({ identities, namespaces }: AccessSource): Holds {
  const names = identities?.map(patternHolds);
  const known = namespaces && new Set(namespaces);
  if (names === undefined && known === undefined) return () => true;
  return ({ identity }) => {
    if (identity === undefined) return false;
    const { id, namespace } = identity;
    if (names !== undefined && !names.some((holds) => holds(id))) return false;
    return known === undefined || (namespace !== undefined && known.has(namespace));
  };
}

function patternHolds(pattern: string): (text: string) => boolean {
  if (!pattern.endsWith("*")) return (text) => text === pattern;
  const prefix = pattern.slice(0, -1);
  return (text) => text.startsWith(prefix);
}

/** @param isWider where there is no request to see: what is asked of it counts as given, so that nothing escapes */
function targetHolds({ ports, methods, paths, hosts }: AccessTarget, isWider: boolean): Holds {
  const known = ports && new Set(ports);
  const ofRequest = requestHolds({ methods, paths, hosts });
  return ({ port }, request) => {
    if (known !== undefined && !known.has(port)) return false;
    if (ofRequest === undefined) return true;
    return request === undefined ? isWider : ofRequest(request);
  };
}

function requestHolds({ methods, paths, hosts }: AccessTarget): ((facts: RequestFacts) => boolean) | undefined {
  if (methods === undefined && paths === undefined && hosts === undefined) return undefined;
  const method = methods?.map(textBytes);
  const path = paths?.map(pathHolds);
  const host = hosts?.map((pattern) => hostHolds(pattern.toLowerCase()));
  return (facts) => {
    const { bytes, start, end } = facts.method;
    if (method !== undefined && !method.some((text) => isText(bytes, start, end, text))) return false;
    if (path !== undefined && !path.some((holds) => holds(facts))) return false;
    return host === undefined || host.some((holds) => holds(facts.authority));
  };
}

function pathHolds(pattern: string): (facts: RequestFacts) => boolean {
  const isPrefix = pattern.endsWith("*");
  const text = textBytes(isPrefix ? pattern.slice(0, -1) : pattern);
  const compare = isPrefix ? startsWith : isText;
  return ({ path }) => !path.isEmpty && compare(path.bytes, path.start, path.end, text);
}
