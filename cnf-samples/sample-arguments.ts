/** Reads `--some-key value` into configuration, by the types that the sample's schema declares. */
import { z } from "zod";
import { WeftError } from "../core/model/weft-error.ts";

export interface SampleArguments {
  readonly configFile: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Property {
  readonly type?: string;
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
}

/**
 * Numbers, booleans and strings are given as they are, a boolean also by its bare name; lists by repeating the option;
 * objects as JSON. `--upstream name=url`, repeated, fills `upstreams`. Throws `config-invalid` naming the option.
 */
export function parseSampleArguments(args: readonly string[], schema: z.ZodType): SampleArguments {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const config: Record<string, unknown> = {};
  let configFile: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const option = args[index] ?? "";
    const { key, property } = optionNamed(option, properties as Readonly<Record<string, Property>>);
    const following = args[index + 1];
    const isBare = property.type === "boolean" && following !== "true" && following !== "false";
    const value = isBare ? "true" : following;
    if (value === undefined) throw invalid(option, "needs a value");
    if (!isBare) index += 1;
    if (key === "config") configFile = value;
    else if (key === "upstream") config.upstreams = { ...(config.upstreams as object), ...upstreamOf(option, value) };
    else config[key] = optionValue({ option, value, property, before: config[key] });
  }
  return { configFile, config };
}

function optionNamed(
  option: string,
  properties: Readonly<Record<string, Property>>,
): { readonly key: string; readonly property: Property } {
  if (!option.startsWith("--")) throw invalid(option, "is not an option; options begin with --");
  const key = option.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  if (key === "config" || (key === "upstream" && Object.hasOwn(properties, "upstreams"))) return { key, property: {} };
  if (Object.hasOwn(properties, key)) return { key, property: properties[key] ?? {} };
  const known = Object.keys(properties).map(
    (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
  throw invalid(option, `is unknown; there are ${known.join(", ")}, --upstream, --config`);
}

interface OptionValue {
  readonly option: string;
  readonly value: string;
  readonly property: Property;
  readonly before: unknown;
}

function optionValue({ option, value, property, before }: OptionValue): unknown {
  const listed = property.type === "array" ? property : property.anyOf?.find(({ type }) => type === "array");
  if (listed) {
    const entry = optionValue({ option, value, property: listed.items ?? {}, before: undefined });
    return [...(Array.isArray(before) ? before : []), entry];
  }
  if (property.type === "integer" || property.type === "number") return numberOf(option, value);
  if (property.type === "boolean") return value === "true";
  return property.type === "object" ? jsonOf(option, value) : value;
}

function numberOf(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number)) throw invalid(option, `must be a number, not ${value}`);
  return number;
}

function jsonOf(option: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalid(option, "must be JSON");
  }
}

function upstreamOf(option: string, value: string): Readonly<Record<string, string>> {
  const at = value.indexOf("=");
  if (at <= 0) throw invalid(option, "must be name=url");
  return { [value.slice(0, at)]: value.slice(at + 1) };
}

function invalid(option: string, reason: string): WeftError {
  return new WeftError("config-invalid", `${option} ${reason}`);
}
