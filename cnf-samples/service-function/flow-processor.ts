/** What a service function does with one direction of one flow; pure, the server around it has the sockets. */

export type FlowVerdict =
  /** What goes onward now; may be less than came, more, or other bytes. */
  | { readonly kind: "pass"; readonly bytes: readonly Buffer[] }
  /** The flow is refused; the forwarder tears both directions down. */
  | { readonly kind: "refuse"; readonly reason: string };

export interface FlowProcessor {
  write(chunk: Buffer): FlowVerdict;
  /** The forwarder has sent everything; what is held goes onward. */
  end(): FlowVerdict;
  /** Bytes held back at the moment, to be decided on with what follows. */
  readonly heldBytes: number;
  /** Nothing followed for a while: everything held goes onward as it came. */
  release(): FlowVerdict;
}

export function passOn(...bytes: readonly Buffer[]): FlowVerdict {
  return { kind: "pass", bytes };
}

export function refuse(reason: string): FlowVerdict {
  return { kind: "refuse", reason };
}

/** Passes everything on as it comes. */
export const transparent: FlowProcessor = {
  write: (chunk) => passOn(chunk),
  end: () => passOn(),
  heldBytes: 0,
  release: () => passOn(),
};
