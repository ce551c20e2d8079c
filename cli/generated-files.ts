/** Every file, or part of a file, that is generated: `weft generate` writes them and a test compares. */
import { readFileSync } from "node:fs";
import type { ZodType } from "zod";
import { sampleCatalogue } from "../cnf-samples/catalogue.ts";
import { labConfigSchema } from "../lab/lab-config.ts";
import { controlConfigSchema } from "../mesh-control/control-config.ts";
import { proxyConfigSchema } from "../mesh-proxy/proxy-config.ts";
import { schedulerConfigSchema } from "../scheduler/scheduler-config.ts";
import { generatedFiles as crdFiles, type GeneratedFile } from "../sfc/generated-files.ts";
import { sfcConfigSchema } from "../sfc/sfc-config.ts";
import { configTable, withConfigTable } from "./config-table.ts";

const documented: readonly { readonly readme: string; readonly schema: ZodType }[] = [
  ...Object.entries(sampleCatalogue).map(([name, { configSchema }]) => ({
    readme: `cnf-samples/${name}/README.md`,
    schema: configSchema,
  })),
  { readme: "lab/README.md", schema: labConfigSchema },
  { readme: "mesh-control/README.md", schema: controlConfigSchema },
  { readme: "mesh-proxy/README.md", schema: proxyConfigSchema },
  { readme: "scheduler/README.md", schema: schedulerConfigSchema },
  { readme: "sfc/README.md", schema: sfcConfigSchema },
];

/** @throws Error when a README has lost the markers of its table. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [...crdFiles(), ...documented.map(({ readme, schema }) => withTable(readme, schema))];
}

function withTable(readme: string, schema: ZodType): GeneratedFile {
  const text = withConfigTable(readFileSync(readme, "utf8"), configTable(schema));
  if (text === undefined) throw new Error(`${readme} lacks the markers of its configuration table`);
  return { path: readme, text };
}
