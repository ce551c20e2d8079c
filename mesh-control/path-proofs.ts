/** The keys with which the proxies of a path prove by which functions a flow came. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServiceFunctionPath } from "../core/model/chain.ts";
import type { ProofMode } from "../core/model/mesh-snapshot.ts";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import type { ControlConfig } from "./control-config.ts";

export interface PathProofs {
  readonly mode: ProofMode;
  /** Of one hop of one path, 32 bytes in hexadecimal digits; the same from every replica with the same secret. */
  keyOf(path: ServiceFunctionPath, serviceIndex: number): string;
}

const SECRET_BYTES_MIN = 32;

/** Undefined while proofs are off. @throws WeftError config-invalid for a secret that is not there or too short */
export function readPathProofs({ proofOfTransit, proofSecretFile }: ControlConfig): PathProofs | undefined {
  if (proofOfTransit === "Off") return undefined;
  return pathProofs(proofOfTransit, readSecret(proofSecretFile));
}

export function pathProofs(mode: ProofMode, secret: Uint8Array): PathProofs {
  return {
    mode,
    keyOf: ({ namespace, name, spi }, serviceIndex) =>
      createHmac("sha256", secret).update(`transit ${namespace}/${name} ${spi} ${serviceIndex}`).digest("hex"),
  };
}

function readSecret(file: string | undefined): Uint8Array {
  if (file === undefined)
    throw new WeftError("config-invalid", "proofSecretFile: is needed unless proofOfTransit is Off");
  let secret: Uint8Array;
  try {
    secret = readFileSync(file);
  } catch (error) {
    throw new WeftError("config-invalid", `proofSecretFile: ${messageOf(error)}`, { cause: error });
  }
  if (secret.length >= SECRET_BYTES_MIN) return secret;
  throw new WeftError(
    "config-invalid",
    `proofSecretFile: ${file} has ${secret.length} bytes, fewer than ${SECRET_BYTES_MIN}`,
  );
}
