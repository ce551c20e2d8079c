/** One component's configuration: defaults, then a YAML file, then `--set`; whatever is wrong names its field. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";

/** What a Zod schema offers, so that this folder needs only its own package. */
export interface ConfigSchema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly ConfigIssue[] } };
}

interface ConfigIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface ConfigOptions {
  /** A YAML or JSON file. */
  readonly config?: string | undefined;
  /** `key=value`, the value read as YAML; `a.b=1` sets a nested key. */
  readonly set?: readonly string[] | undefined;
}

/** @throws WeftError config-invalid with every wrong field and its reason. */
export function readConfig<T>(schema: ConfigSchema<T>, options: ConfigOptions): T {
  const values = options.config === undefined ? {} : readFile(options.config);
  for (const assignment of options.set ?? []) assign(values, assignment);
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) => `${issue.path.join(".") || "(top level)"}: ${issue.message}`);
  throw new WeftError("config-invalid", `configuration is invalid: ${reasons.join("; ")}`);
}

type Values = Record<string, unknown>;

function readFile(file: string): Values {
  const values = readYaml(file, () => readFileSync(file, "utf8")) ?? {};
  if (isValues(values)) return values;
  throw new WeftError("config-invalid", `${file}: the top level is not a mapping of keys to values`);
}

function assign(values: Values, assignment: string): void {
  const split = assignment.indexOf("=");
  if (split <= 0) throw new WeftError("config-invalid", `--set ${assignment}: expected key=value`);
  const keys = assignment.slice(0, split).split(".");
  const last = keys.pop() ?? "";
  let inner = values;
  for (const key of keys) {
    const next = Object.hasOwn(inner, key) ? inner[key] : {};
    if (!isValues(next)) throw new WeftError("config-invalid", `--set ${assignment}: ${key} is not a mapping`);
    inner[key] = next;
    inner = next;
  }
  inner[last] = readYaml(`--set ${assignment}`, () => assignment.slice(split + 1));
}

function readYaml(where: string, text: () => string): unknown {
  try {
    return parse(text(), { maxAliasCount: 0 });
  } catch (error) {
    throw new WeftError("config-invalid", `${where}: ${messageOf(error)}`, { cause: error });
  }
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
