import { afterEach, expect, test } from "vitest";
import { sampleCatalogue } from "../../cnf-samples/catalogue.ts";
import type { RunningSample } from "../../cnf-samples/sample.ts";
import { testDeps } from "./cnf-samples-setup.ts";

const running: RunningSample[] = [];
afterEach(async () => {
  for (const sample of running.splice(0)) await sample.stop();
});

async function started(name: "edge" | "camera", config: Readonly<Record<string, unknown>>): Promise<RunningSample> {
  const sample = await sampleCatalogue[name].start({ host: "127.0.0.1", ...config }, testDeps);
  running.push(sample);
  return sample;
}

const edgeUrl = async (config: Readonly<Record<string, unknown>>) => {
  const edge = await started("edge", { port: 0, ...config });
  return { edge, url: `http://${edge.addresses.http}` };
};

test("every frame of a camera is answered while the edge function has workers for them", async () => {
  const { edge, url } = await edgeUrl({ workers: 4, workMs: 5 });
  const camera = await started("camera", { upstreams: { edge: url }, framesPerSecond: 100, durationMs: 300 });
  await camera.finished;
  expect(camera.statistics()).toMatchObject({ procedures: { request: { succeeded: 30, failed: 0 } } });
  expect(edge.statistics()).toEqual({ busy: 0, waiting: 0, frames: 30 });
});

test("frames beyond the workers and the queue are refused at once", async () => {
  const { edge, url } = await edgeUrl({ workers: 1, workMs: 60_000, queueMax: 2 });
  const config = { upstreams: { edge: url }, framesPerSecond: 100, durationMs: 100, deadlineMs: 500 };
  const camera = await started("camera", config);
  await camera.finished;
  const failures = { "http-503": 7, timeout: 3 };
  expect(camera.statistics()).toMatchObject({ procedures: { request: { succeeded: 0, failed: 10, failures } } });
  expect(edge.statistics()).toMatchObject({ busy: 1, waiting: 2, framesRefused: 7 });
});

test("what is no frame, or too large a one, is refused", async () => {
  const { url } = await edgeUrl({ workMs: 1, frameBytesMax: 10 });
  const post = (body: string) => fetch(`${url}/frames`, { method: "POST", body });
  expect(await (await post("0123456789")).json()).toEqual({ received: 10 });
  expect((await post("01234567890")).status).toBe(413);
  expect((await fetch(`${url}/frames`)).status).toBe(404);
});

test("a camera counts frames that nobody takes", async () => {
  const config = { upstreams: { edge: "http://127.0.0.1:9" }, framesPerSecond: 100, durationMs: 50 };
  const camera = await started("camera", config);
  await camera.finished;
  expect(camera.statistics()).toMatchObject({ procedures: { request: { failed: 5, failures: { connection: 5 } } } });
});
