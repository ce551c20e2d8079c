/** Cameras as a load generator: frames at a set rate to an edge site's function. */
import { z } from "zod";
import { endpointOf, hostField, upstreamUrl } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { ProcedureStatistics } from "../procedure-statistics.ts";
import { defineSample, type RunningSample, type SampleDeps } from "../sample.ts";
import { framesBy, isOver } from "./rules.ts";
import { sendFrame } from "./send-frame.ts";

const configSchema = z.strictObject({
  host: hostField,
  upstreams: z.strictObject({ edge: upstreamUrl }).describe("Where frames go"),
  framesPerSecond: z.number().positive().max(10_000).default(10).describe("Frames, whatever the answers take"),
  frameBytes: z.int().min(1).max(1_048_576).default(2048).describe("Size of a frame"),
  durationMs: z.int().min(1).optional().describe("Time in which frames are sent; without it there is no end"),
  deadlineMs: z.int().min(1).max(600_000).default(1000).describe("A frame without an answer for so long has failed"),
  inFlightMax: z.int().min(1).max(10_000).default(1000).describe("Frames under way at once; more are not sent"),
});
type CameraConfig = z.output<typeof configSchema>;

export const cameraSample = defineSample({
  name: "camera",
  summary: "Cameras: send frames to an edge function at a set rate",
  configSchema,
  start: startCamera,
});

const tickMs = 5;

async function startCamera(config: CameraConfig, { nowMs }: SampleDeps): Promise<RunningSample> {
  const counters = new Counters();
  const statistics = new ProcedureStatistics(["request"]);
  const finished = Promise.withResolvers<void>();
  const underWay = new Set<Promise<void>>();
  const frame = Buffer.alloc(config.frameBytes, "weft ");
  const target = { edge: endpointOf(config.upstreams.edge), localAddress: config.host, frame };
  const startMs = nowMs();
  let [due, endMs] = [0, 0];

  async function send(): Promise<void> {
    const sentMs = nowMs();
    const failure = await sendFrame({ ...target, deadlineMs: config.deadlineMs });
    if (failure === undefined) statistics.succeed("request", nowMs() - sentMs);
    else statistics.fail("request", failure);
  }

  function tick(): void {
    const elapsedMs = nowMs() - startMs;
    for (const until = framesBy(config, elapsedMs); due < until; due += 1) {
      if (underWay.size >= config.inFlightMax) counters.add("framesHeldBack");
      else track(send());
    }
    if (isOver(config, elapsedMs)) end();
  }

  function track(sending: Promise<void>): void {
    underWay.add(sending);
    void sending.then(() => underWay.delete(sending));
  }

  /** Those under way still get their answer. */
  function end(): void {
    clearInterval(timer);
    void Promise.all(underWay).then(() => {
      endMs ||= nowMs();
      finished.resolve();
    });
  }

  const timer = setInterval(tick, tickMs);
  const elapsed = () => (endMs || nowMs()) - startMs;
  return {
    addresses: {},
    ...(config.durationMs !== undefined && { finished: finished.promise }),
    statistics: () => ({ elapsedMs: elapsed(), procedures: statistics.figures(elapsed()), ...counters.all() }),
    stop: async () => {
      end();
      await Promise.all(underWay);
    },
  };
}
