/** The files of `deploy/crds`, which `weft generate` writes and a test compares. */
import { type CustomResourceDefinition, customResourceDefinitions } from "../platform/schema/crd.ts";
import { writeYaml } from "../platform/yaml/write-yaml.ts";

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const header = "# Generated from platform/schema by `npm run generate`; do not edit.\n";

export function generatedFiles(): readonly GeneratedFile[] {
  return customResourceDefinitions().map((definition) => ({ path: pathOf(definition), text: textOf(definition) }));
}

function pathOf({ metadata }: CustomResourceDefinition): string {
  return `deploy/crds/${metadata.name}.yaml`;
}

function textOf(definition: CustomResourceDefinition): string {
  return `${header}${writeYaml(definition)}`;
}
