/** What labels have to be, as Kubernetes writes it. Source: k8s.io/apimachinery/pkg/labels/selector.go, `Requirement.Matches`. */

export interface LabelRequirement {
  readonly key: string;
  /** `In`, `NotIn`, `Exists`, `DoesNotExist`; of nodes also `Gt`, `Lt`. Others hold for nothing. */
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** All of them must hold: of none, everything is selected. Undefined selects nothing. */
export type LabelSelector = readonly LabelRequirement[] | undefined;

/** The part of a Kubernetes LabelSelector that Weft reads, which is all of it. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export type Labels = Readonly<Record<string, string>>;

export function labelSelectorOf(object: LabelSelectorObject | undefined | null): LabelSelector {
  if (!object) return undefined;
  const { matchLabels = {}, matchExpressions = [] } = object;
  const equal = Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] }));
  return [...equal, ...matchExpressions];
}

export function selectsLabels(selector: LabelSelector, labels: Labels): boolean {
  return selector?.every((requirement) => holds(requirement, labels)) ?? false;
}

export function holds({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && values.length === 1 && isLess(values[0], value);
    case "Lt":
      return value !== undefined && values.length === 1 && isLess(value, values[0]);
    default:
      return false;
  }
}

/** Of whole numbers of 64 bits; what is none is neither less nor more. */
function isLess(a: string | undefined, b: string | undefined): boolean {
  const [left, right] = [wholeOf(a), wholeOf(b)];
  return left !== undefined && right !== undefined && left < right;
}

function wholeOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const whole = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}
