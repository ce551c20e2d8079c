/** Deep packet inspection: names the application of every flow, counts, and refuses those that are blocked. */
import { z } from "zod";
import { Counters } from "../counters.ts";
import { defineSample } from "../sample.ts";
import { transparent } from "../service-function/flow-processor.ts";
import { pathAnswer } from "../service-function/path-answer.ts";
import type { FlowHeader } from "../service-function/proxy-header.ts";
import {
  proxyProtocolField,
  serviceFunctionFields,
  startServiceFunction,
} from "../service-function/service-function-server.ts";
import { FlowInspector } from "./flow-inspector.ts";
import { type Classification, FlowClassifier, SignatureSet, signature } from "./rules.ts";

const configSchema = z.strictObject({
  ...serviceFunctionFields,
  proxyProtocol: proxyProtocolField,
  inspectBytesMax: z.int().min(64).max(16_384).default(4096).describe("First bytes of a flow that are looked at"),
  signatures: z
    .array(signature)
    .max(64)
    .default([
      { application: "video", contains: "video." },
      { application: "updates", contains: "updates." },
    ])
    .describe("Applications told by a host name or another part of the head"),
  reclassifies: z
    .boolean()
    .default(false)
    .describe("Whether it says on which path each flow goes on; as the ServiceFunction says"),
  branches: z
    .record(z.string().min(1).max(64), z.string().min(1).max(253))
    .default({})
    .describe("Chain on which the flows of an application or protocol go on, where the forwarder offers it"),
  blocked: z.array(z.string().min(1).max(64)).max(64).default([]).describe("Applications and protocols to refuse"),
});

function chainFor(
  { branches }: { readonly branches: Readonly<Record<string, string>> },
  { application, protocol }: Classification,
): string | undefined {
  return branches[application] ?? branches[protocol];
}

export const dpiSample = defineSample({
  name: "dpi",
  summary: "Service function: classifies flows by their first bytes, blocks or branches off by application",
  configSchema,
  start: (config) => {
    const signatures = new SignatureSet(config.signatures);
    const blocked = new Set(config.blocked);
    const applications = new Counters();
    // The way back belongs to a flow that is classified on its way there.
    const process = (header: FlowHeader | undefined) =>
      header?.direction === "response"
        ? transparent
        : new FlowInspector({
            classifier: new FlowClassifier(signatures, config.inspectBytesMax),
            blocked,
            onClassified: ({ application }) => applications.add(application),
            prefaceOf:
              config.reclassifies && header ? (found) => pathAnswer(header, chainFor(config, found)) : undefined,
          });
    const statistics = () => ({ applications: applications.all() });
    return startServiceFunction({ config, counters: new Counters(), process, statistics });
  },
});
