import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { createPodRelease } from "../../platform/kubernetes/kubernetes-pod-release.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { type ScriptedApiServer, startScriptedApiServer } from "../fakes/scripted-api-server.ts";

const path = "/api/v1/namespaces/core/pods/amf-0";
const gatedPod = { namespace: "core", name: "amf-0", uid: "u" };
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

/** What the server answers, one after another, to readings and writes in turns. */
async function play(...answers: readonly (readonly [statusCode: number, body: object])[]): Promise<string[]> {
  const seen: string[] = [];
  for (const [statusCode, body] of answers) {
    const request = await server.next(path);
    const tested = Array.isArray(request.body) ? ` of version ${request.body[1].value}` : "";
    seen.push(`${request.method}${request.query.resourceVersion === "0" ? " from memory" : ""}${tested}`);
    request.answer(statusCode, body);
  }
  return seen;
}

const release = () => createPodRelease({ client }).release(gatedPod, target);

describe("letting a gated pod go", () => {
  it("reads the pod from memory and writes one patch for that version", async () => {
    const outcome = release();
    expect(await play([200, object("7")], [200, {}])).toEqual(["GET from memory", "PATCH of version 7"]);
    expect(await outcome).toBe("released");
  });

  it.each([409, 422])("reads the pod anew from the store where it has changed meanwhile (%i)", async (code) => {
    const outcome = release();
    const seen = await play([200, object("7")], [code, refusal(code)], [200, object("8")], [200, {}]);
    expect(seen).toEqual(["GET from memory", "PATCH of version 7", "GET", "PATCH of version 8"]);
    expect(await outcome).toBe("released");
  });

  it("gives up on a pod that changes all the time", async () => {
    const outcome = expect(release()).rejects.toMatchObject({ code: "kubernetes-conflict" });
    const turns = ["1", "2", "3", "4"].flatMap(
      (version) =>
        [
          [200, object(version)],
          [409, refusal(409)],
        ] as const,
    );
    await play(...turns);
    await outcome;
    expect(server.untaken()).toEqual([]);
  });

  it("says what the API server does not take of an unchanged pod", async () => {
    const outcome = expect(release()).rejects.toMatchObject({
      code: "kubernetes-refused",
      message: "let pod core/amf-0 go: refused with 422 (HTTP 422)",
    });
    await play([200, object("7")], [422, refusal(422)], [200, object("7")]);
    await outcome;
  });

  const gone = [
    { name: "is deleted", read: [404, refusal(404)] },
    { name: "is another of its name", read: [200, object("7", { uid: "another" })] },
    { name: "has no such gate any more", read: [200, object("7", { gates: ["example.com/quota"] })] },
  ] as const;
  it.each(gone)("lets nothing go that $name, after a look into the store", async ({ read }) => {
    const outcome = release();
    expect(await play(read, read)).toEqual(["GET from memory", "GET"]);
    expect(await outcome).toBe("gone");
  });

  it("finds a pod that the memory does not have yet", async () => {
    const outcome = release();
    await play([404, refusal(404)], [200, object("7")], [200, {}]);
    expect(await outcome).toBe("released");
  });

  it("takes a pod that is deleted before the write as gone", async () => {
    const outcome = release();
    await play([200, object("7")], [404, refusal(404)], [404, refusal(404)]);
    expect(await outcome).toBe("gone");
  });

  it("fails as unavailable where the API server refuses for want of rights", async () => {
    const outcome = expect(release()).rejects.toMatchObject({ code: "kubernetes-unavailable" });
    await play([200, object("7")], [403, refusal(403)]);
    await outcome;
  });
});
