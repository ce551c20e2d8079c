/** All samples by name. */
import { ausfSample } from "./ausf/server.ts";
import { nrfSample } from "./nrf/server.ts";
import type { Sample } from "./sample.ts";
import { udmSample } from "./udm/server.ts";
import { udrSample } from "./udr/server.ts";

export const sampleCatalogue = {
  nrf: nrfSample,
  udr: udrSample,
  udm: udmSample,
  ausf: ausfSample,
} as const satisfies Readonly<Record<string, Sample>>;

export type SampleName = keyof typeof sampleCatalogue;
