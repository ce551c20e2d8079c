/** UDM: TS 29.503 over h2c, in front of the UDR. */
import { z } from "zod";
import { upstreamUrl } from "../config-fields.ts";
import { defineSample } from "../sample.ts";
import { startNetworkFunction } from "../sbi/network-function.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { authenticationRoutes } from "./authentication-routes.ts";
import { contextRoutes } from "./context-routes.ts";
import { subscriberDataRoutes } from "./subscriber-data-routes.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  upstreams: z.strictObject({ nrf: upstreamUrl.optional(), udr: upstreamUrl }).describe("NRF and UDR"),
  plmn: z
    .string()
    .regex(/^\d{5,6}$/)
    .default("00101")
    .describe("Serving PLMN where a request names none"),
});

export const udmSample = defineSample({
  name: "udm",
  summary: "Unified data management: vectors, subscriptions, registrations (TS 29.503)",
  configSchema,
  start: (config, deps) =>
    startNetworkFunction({
      nfType: "UDM",
      services: ["nudm-ueau", "nudm-sdm", "nudm-uecm"],
      config,
      deps,
      routes: (nf) => [...authenticationRoutes(nf), ...subscriberDataRoutes(nf, config.plmn), ...contextRoutes(nf)],
    }),
});
