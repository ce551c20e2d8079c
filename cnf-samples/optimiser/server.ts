/** Optimiser: makes JSON bodies of HTTP/1.1 responses smaller on their way back. */
import { z } from "zod";
import { Counters } from "../counters.ts";
import { defineSample } from "../sample.ts";
import { transparent } from "../service-function/flow-processor.ts";
import type { FlowHeader } from "../service-function/proxy-header.ts";
import {
  proxyProtocolField,
  serviceFunctionFields,
  startServiceFunction,
} from "../service-function/service-function-server.ts";
import { ResponseOptimiser } from "./response-optimiser.ts";

const configSchema = z.strictObject({
  ...serviceFunctionFields,
  proxyProtocol: proxyProtocolField,
  bodyBytesMax: z
    .int()
    .min(1)
    .max(16_777_216)
    .default(262_144)
    .describe("Largest body that is held to be made smaller"),
});

export const optimiserSample = defineSample({
  name: "optimiser",
  summary: "Service function: minifies JSON in HTTP/1.1 responses",
  configSchema,
  start: (config) => {
    const counters = new Counters();
    const onEvent = (event: string, bytes?: number) => counters.add(event, bytes);
    const process = (header: FlowHeader | undefined) =>
      header?.direction === "request"
        ? transparent
        : new ResponseOptimiser({ bodyBytesMax: config.bodyBytesMax, onEvent });
    return startServiceFunction({ config, counters, process, statistics: () => ({}) });
  },
});
