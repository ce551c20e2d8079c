#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// The `weft` command of an installed package. Node strips no types below node_modules, so this loads the TypeScript itself;
// where the machine's Node is too old for that, it starts over with the one that npm installed beside it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
// Not by name: an older Node lacks some of these, and must get as far as starting over.
import module from "node:module";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 26;

if (Number(process.versions.node.split(".", 1)[0]) < NODE_MAJOR_MIN) await startOver();

module.registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
    const source = module.stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
    return { format: "module", source, shortCircuit: true };
  },
});
await import("./weft.ts");

/** Ends with the other process; signals go through to it. */
function startOver() {
  const pinned = module.createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(pinned, args, { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise(() => child.on("exit", (code) => process.exit(code ?? 1)));
}
