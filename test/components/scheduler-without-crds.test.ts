/** `weft scheduler` as a process on an API server that has none of Weft's custom resources. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { type ScriptedApiServer, startScriptedApiServer } from "../fakes/scripted-api-server.ts";
import { findFreePort } from "../tools/free-port.ts";
import { waitUntil } from "../tools/wait-until.ts";

const missing = { kind: "Status", code: 404, reason: "NotFound", message: "the server could not find the resource" };

test("the scheduler gets ready and answers where Weft's own kinds are not installed", async () => {
  const server = await startScriptedApiServer();
  const port = await findFreePort();
  const settings = ["--set", `port=${port}`, "--log-level", "error"];
  const args = ["cli/weft.ts", "scheduler", "--kubeconfig", server.kubeconfigPath, ...settings];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  try {
    for (const kind of ["Pod", "Node", "Service"])
      (await server.next(`/api/v1/${kind.toLowerCase()}s`)).answer(200, emptyList(kind));
    for (const plural of ["servicefunctions", "servicefunctionchains", "trafficprofiles"]) await refuse(server, plural);
    const url = `http://127.0.0.1:${port}`;
    const isReady = async () => (await fetch(`${url}/readyz`)).ok;
    await waitUntil(isReady, { what: "the scheduler is ready", timeoutMs: 20_000 });
    const body = JSON.stringify({ Pod: { metadata: { name: "new", namespace: "core" } }, NodeNames: ["a"] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/prioritize`, { method: "POST", headers, body });
    expect(await answer.json()).toEqual([{ Host: "a", Score: 0 }]);
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
    await server.close();
  }
});

async function refuse(server: ScriptedApiServer, plural: string): Promise<void> {
  (await server.next(`/apis/weft.dev/v1alpha1/${plural}`)).answer(404, missing);
}

function emptyList(kind: string): object {
  return { apiVersion: "v1", kind: `${kind}List`, metadata: { resourceVersion: "1" }, items: [] };
}
