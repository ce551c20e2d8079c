/** Gives a ruleset to the `nft` program, which puts it into the network namespace of this process in one transaction. */
import { spawn } from "node:child_process";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";

const TIMEOUT_MS = 20_000;
const ERROR_CHARACTERS_MAX = 2000;

/** @throws WeftError rules-refused when there is no such program, or it does not take the rules; then nothing is changed. */
export async function applyRuleset(ruleset: string): Promise<void> {
  const { exitCode, error } = await run(ruleset);
  if (exitCode === 0) return;
  const isForbidden = error.includes("Operation not permitted");
  const hint = isForbidden ? "; it needs CAP_NET_ADMIN in the pod's network namespace" : "";
  throw refused(`nft did not take the rules (exit code ${exitCode})${hint}: ${error.trim()}`);
}

interface Ended {
  readonly exitCode: number | null;
  readonly error: string;
}

function run(ruleset: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"], timeout: TIMEOUT_MS });
    let error = "";
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "ENOENT" ? "there is no program nft on PATH (package nftables)" : messageOf(cause);
      reject(refused(`the rules cannot be set: ${reason}`, cause));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      error = (error + text).slice(0, ERROR_CHARACTERS_MAX);
    });
    child.once("close", (exitCode) => resolve({ exitCode, error }));
    // One that ends early says why on its error output.
    child.stdin.on("error", () => {});
    child.stdin.end(ruleset);
  });
}

function refused(message: string, cause?: unknown): WeftError {
  return new WeftError("rules-refused", message, { cause });
}
