import { stringify } from "yaml";

const LINE_LENGTH_MAX = 120;

/** One document as YAML text; the same value always gives the same text. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: LINE_LENGTH_MAX, aliasDuplicateObjects: false });
}
