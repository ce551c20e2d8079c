/** What proves a flow's way behind a function. */
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import type { Leaving } from "../route/choose-destination.ts";
import { beginTransit, signTransit } from "./sign-transit.ts";

export interface ProvedFlow extends Leaving {
  readonly source: SocketEndpoint;
  /** With which it came. */
  readonly proof?: TransitProof | undefined;
}

/** @param isTaken whether the function has it. On a branch the proof begins anew: it is of another path. */
export function proofBehind(flow: ProvedFlow, isTaken: boolean): TransitProof | undefined {
  const { branch, proof, servicePath } = flow;
  if (branch !== undefined) {
    const path = branch.path?.path;
    return path?.isProved === true ? beginTransit(path.spi) : undefined;
  }
  if (proof === undefined || proof.spi !== servicePath.spi) return undefined;
  return isTaken ? signedHere(flow) : proof;
}

/** By this hop, where it has a key. */
export function signedHere({ route, proof, servicePath, source }: ProvedFlow): TransitProof | undefined {
  const { spi, serviceIndex } = servicePath;
  const { proofKey } = route.hop;
  if (proof === undefined || proof.spi !== spi || proofKey === undefined) return proof;
  return signTransit(proof, { serviceIndex, key: proofKey }, source);
}
