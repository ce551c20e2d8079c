/** Requests that go to a second instance when the first is slow, over real proxies. */
import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UpstreamRule } from "../../core/model/mesh-snapshot.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { sumOf } from "./mesh-proxy-setup.ts";

let routed: RoutedMesh;
/** What each instance was asked, in the order of its coming; a slow one never answers. */
let asked: { readonly pod: number; readonly body: string }[];
let slowPod: number;
let brokenOff: number;

beforeEach(async () => {
  routed = await routedMesh("127.78.62", { retriesPerSecondMin: 1000, failuresMax: 1000 });
  [asked, slowPod, brokenOff] = [[], -1, 0];
});
afterEach(() => routed.mesh.stop());

const hedge = { afterMs: 60 };
const timeoutMs = 5000;

/** The first that is asked is the slow one, unless `slowPod` says who is. */
const instance =
  (pod: number, whenSlow: RequestListener = () => {}): RequestListener =>
  (request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += String(bytes)));
    request.on("end", () => {
      asked.push({ pod, body });
      if (slowPod === -1) slowPod = pod;
      response.on("close", () => {
        if (!response.writableFinished) brokenOff++;
      });
      if (pod === slowPod) whenSlow(request, response);
      else response.end(`pod ${pod}`);
    });
  };

async function instances(whenSlow?: RequestListener) {
  return routed.service("v1", instance(0, whenSlow), instance(1, whenSlow));
}

/** The first is asked, and the second, of weight 0, only what the first has had. */
async function spareBehind(first: RequestListener, second: RequestListener, rule: Partial<UpstreamRule> = {}) {
  const backend = await routed.service("v1", first, second);
  const endpoints = backend.endpoints.map((endpoint, at) => ({ ...endpoint, weight: 1 - at }));
  await routed.route({ backends: [{ ...backend, endpoints }], hedge, ...rule });
}

const hedged = () => routed.events("hedged");
const overtaken = () => routed.events("overtaken");

test("a request that is slow to be answered is answered by another instance, with its body, and the first is given up", async () => {
  await routed.route({ backends: [await instances()], hedge });
  const { statusCode, body } = await routed.ask("/", { method: "PUT", body: "once" });
  expect([statusCode, body]).toEqual([200, `pod ${1 - slowPod}`]);
  expect(asked.map((one) => one.body)).toEqual(["once", "once"]);
  expect([await hedged(), await overtaken()]).toEqual([1, 1]);
  await waitUntil(() => brokenOff === 1, { what: "the slow instance is told", timeoutMs });
});

test("the connection goes on after it, with the instance that answered", async () => {
  await routed.route({ backends: [await instances()], hedge });
  const first = await routed.ask("/");
  for (let at = 0; at < 5; at++) {
    const { body, isReused } = await routed.ask(`/${at}`);
    expect([body, isReused]).toEqual([first.body, true]);
  }
  expect([await hedged(), asked.length]).toEqual([1, 7]);
});

test("the first answer counts, whoever gives it: a second one is given up", async () => {
  const second = Promise.withResolvers<void>();
  await spareBehind(
    (_, response) => void second.promise.then(() => response.end("first")),
    () => second.resolve(),
  );
  expect((await routed.ask("/")).body).toBe("first");
  expect([await hedged(), await overtaken()]).toEqual([1, 0]);
  await waitUntil(async () => (await openConnections()) === 1, { what: "the second is given up", timeoutMs });
  expect((await routed.ask("/")).body).toBe("first");
});

test("a request that is answered in time goes nowhere else", async () => {
  slowPod = 9;
  await routed.route({ backends: [await instances()], hedge: { afterMs: 5000 } });
  for (let at = 0; at < 10; at++) expect((await routed.ask("/")).statusCode).toBe(200);
  expect([await hedged(), asked.length]).toEqual([0, 10]);
});

test("when the slow instance breaks off, the second one is waited for, and nobody is asked a third time", async () => {
  const [second, broken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let askedCount = 0;
  await spareBehind(
    (request) => {
      askedCount++;
      request.socket.on("close", () => setTimeout(broken.resolve, 50));
      void second.promise.then(() => request.socket.resetAndDestroy());
    },
    (_, response) => {
      askedCount++;
      second.resolve();
      void broken.promise.then(() => response.end("second"));
    },
  );
  const { statusCode, body } = await routed.ask("/");
  expect([statusCode, body, askedCount]).toEqual([200, "second", 2]);
});

test("a failure of the second instance is not the answer", async () => {
  const second = Promise.withResolvers<void>();
  const retry = { statusCodes: [503], retriesMax: 1, backoffMs: 1 };
  await spareBehind(
    (_, response) => void second.promise.then(() => setTimeout(() => response.end("first"), 50)),
    (_, response) => {
      response.statusCode = 503;
      response.end(() => second.resolve());
    },
    { retry },
  );
  expect((await routed.ask("/")).body).toBe("first");
});

describe("is asked once only", () => {
  const answerLate: RequestListener = (_, response) => void setTimeout(() => response.end("late"), 200);

  test("what is not idempotent", async () => {
    await routed.route({ backends: [await instances(answerLate)], hedge });
    expect((await routed.ask("/", { method: "POST", body: "x" })).body).toBe("late");
    expect([await hedged(), asked.length]).toEqual([0, 1]);
  });

  test("what is beyond the budget", async () => {
    await routed.mesh.stop();
    routed = await routedMesh("127.78.62", { retryBudgetPercent: 0, retriesPerSecondMin: 0 });
    await routed.route({ backends: [await instances(answerLate)], hedge });
    expect((await routed.ask("/")).body).toBe("late");
    expect([await routed.retries("over_budget"), asked.length]).toEqual([1, 1]);
  });

  test("what there is one instance for", async () => {
    const backend = await routed.service("v1", instance(0, answerLate));
    await routed.route({ backends: [backend], hedge });
    expect((await routed.ask("/")).body).toBe("late");
    expect([await hedged(), asked.length]).toEqual([0, 1]);
  });
});

test("a request whose time is over takes both attempts with it", async () => {
  slowPod = 9;
  const never: RequestListener = (request, response) => {
    asked.push({ pod: 0, body: request.url ?? "" });
    response.on("close", () => brokenOff++);
  };
  await routed.route({ backends: [await routed.service("v1", never, never)], hedge, timeouts: { requestMs: 400 } });
  expect((await routed.ask("/")).statusCode).toBe(504);
  await waitUntil(() => asked.length === 2 && brokenOff === 2, { what: "both are told", timeoutMs });
  await waitUntil(async () => (await openConnections()) === 0, { what: "no connection is left", timeoutMs });
});

/** To instances, as the client's proxy counts them. */
async function openConnections(): Promise<number> {
  const { proxy } = routed.client;
  const labels = { reporter: "source" };
  const [opened, closed] = [
    await sumOf(proxy, "istio_tcp_connections_opened_total", labels),
    await sumOf(proxy, "istio_tcp_connections_closed_total", labels),
  ];
  return opened - closed;
}
