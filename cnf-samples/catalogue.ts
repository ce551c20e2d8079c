/** All samples by name. */
import { amfSample } from "./amf/server.ts";
import { ausfSample } from "./ausf/server.ts";
import { cameraSample } from "./camera/server.ts";
import { dnSample } from "./dn/server.ts";
import { dpiSample } from "./dpi/server.ts";
import { edgeSample } from "./edge/server.ts";
import { firewallSample } from "./firewall/server.ts";
import { gnbSample } from "./gnb/server.ts";
import { nrfSample } from "./nrf/server.ts";
import { optimiserSample } from "./optimiser/server.ts";
import { pcfSample } from "./pcf/server.ts";
import type { Sample } from "./sample.ts";
import { smfSample } from "./smf/server.ts";
import { udmSample } from "./udm/server.ts";
import { udrSample } from "./udr/server.ts";
import { upfSample } from "./upf/server.ts";

export const sampleCatalogue = {
  nrf: nrfSample,
  udr: udrSample,
  udm: udmSample,
  ausf: ausfSample,
  pcf: pcfSample,
  smf: smfSample,
  amf: amfSample,
  upf: upfSample,
  dn: dnSample,
  gnb: gnbSample,
  firewall: firewallSample,
  dpi: dpiSample,
  optimiser: optimiserSample,
  edge: edgeSample,
  camera: cameraSample,
} as const satisfies Readonly<Record<string, Sample>>;

export type SampleName = keyof typeof sampleCatalogue;
