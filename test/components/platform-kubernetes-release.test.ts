import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GatedPod } from "../../core/ports/pod-release.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { createPodRelease } from "../../platform/kubernetes/kubernetes-pod-release.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { type ScriptedApiServer, startScriptedApiServer } from "../fakes/scripted-api-server.ts";

const path = "/api/v1/namespaces/core/pods/amf-0";
const schedulingGates = ["weft.dev/placement"];
const gatedPod: GatedPod = { namespace: "core", name: "amf-0", uid: "u", schedulingGates, annotations: {} };
const target = { node: "n1", affinity: "preferred" } as const;

let server: ScriptedApiServer;
let client: KubernetesClient;

beforeEach(async () => {
  server = await startScriptedApiServer();
  client = openKubernetesClient({ clock: createManualClock(), kubeconfigPath: server.kubeconfigPath });
});

afterEach(async () => {
  client.close();
  await server.close();
});

const object = (resourceVersion: string, changes: { uid?: string; gates?: readonly string[] } = {}) => ({
  metadata: { name: "amf-0", uid: changes.uid ?? "u", resourceVersion },
  spec: { schedulingGates: (changes.gates ?? ["weft.dev/placement"]).map((name) => ({ name })) },
});
const refusal = (code: number) => ({ kind: "Status", code, message: `refused with ${code}` });

/** What the server answers, one after another, and what it was asked. */
async function play(...answers: readonly (readonly [statusCode: number, body: object])[]): Promise<string[]> {
  const seen: string[] = [];
  for (const [statusCode, body] of answers) {
    const { method, body: patch, answer } = await server.next(path);
    const version = Array.isArray(patch) && patch.find(({ path }) => path === "/metadata/resourceVersion");
    seen.push(
      `${method}${Array.isArray(patch) ? ` of ${version ? `version ${version.value}` : "what was seen"}` : ""}`,
    );
    answer(statusCode, body);
  }
  return seen;
}

const release = (pod = gatedPod) => createPodRelease({ client }).release(pod, target);
const toNodes: GatedPod = { ...gatedPod, affinity: "to-nodes" };

describe("letting a gated pod go", () => {
  it("takes one patch, made of what was seen of the pod", async () => {
    const outcome = release();
    expect(await play([200, {}])).toEqual(["PATCH of what was seen"]);
    expect(await outcome).toBe("released");
  });

  it("reads a pod whose affinity to nodes a view does not know", async () => {
    const outcome = release(toNodes);
    expect(await play([200, object("7")], [200, {}])).toEqual(["GET", "PATCH of version 7"]);
    expect(await outcome).toBe("released");
  });

  it.each([409, 422])("reads a pod that has changed since it was seen, and since it was read (%i)", async (code) => {
    const outcome = release();
    const seen = await play(
      [code, refusal(code)],
      [200, object("7")],
      [code, refusal(code)],
      [200, object("8")],
      [200, {}],
    );
    expect(seen).toEqual(["PATCH of what was seen", "GET", "PATCH of version 7", "GET", "PATCH of version 8"]);
    expect(await outcome).toBe("released");
  });

  it("gives up on a pod that changes all the time", async () => {
    const outcome = expect(release(toNodes)).rejects.toMatchObject({ code: "kubernetes-conflict" });
    for (const version of ["1", "2", "3", "4"]) await play([200, object(version)], [409, refusal(409)]);
    await outcome;
    expect(server.untaken()).toEqual([]);
  });

  it("says what the API server does not take of an unchanged pod", async () => {
    const outcome = expect(release()).rejects.toMatchObject({
      code: "kubernetes-refused",
      message: "let pod core/amf-0 go: refused with 422 (HTTP 422)",
    });
    await play([422, refusal(422)], [200, object("7")], [422, refusal(422)], [200, object("7")]);
    await outcome;
  });

  const gone = [
    { name: "is deleted", read: [404, refusal(404)] },
    { name: "is another of its name", read: [200, object("7", { uid: "another" })] },
    { name: "has no such gate any more", read: [200, object("7", { gates: ["example.com/quota"] })] },
  ] as const;
  it.each(gone)("lets nothing go that $name", async ({ read }) => {
    const outcome = release();
    expect(await play([422, refusal(422)], read)).toEqual(["PATCH of what was seen", "GET"]);
    expect(await outcome).toBe("gone");
  });

  it("takes a pod that the API server does not find as gone", async () => {
    const outcome = release();
    await play([404, refusal(404)]);
    expect(await outcome).toBe("gone");
  });

  it("fails as unavailable where the API server refuses for want of rights", async () => {
    const outcome = expect(release()).rejects.toMatchObject({ code: "kubernetes-unavailable" });
    await play([403, refusal(403)]);
    await outcome;
  });
});
