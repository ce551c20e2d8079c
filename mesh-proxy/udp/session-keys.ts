/** Tells the sessions of an upstream's datagrams apart, by what its protocol says. */
import type { Buffer } from "node:buffer";
import type { DatagramProtocol } from "../../core/model/service.ts";
import { GtpuHeader, type GtpuProblem, gtpuMessage } from "../codec/gtpu.ts";
import { PfcpHeader, type PfcpProblem, pfcpMessage } from "../codec/pfcp.ts";

export type FollowProblem = GtpuProblem | PfcpProblem;

export interface SessionKeys {
  /** What is wrong with the datagram that was read last: then it belongs to its client alone. */
  readonly problem: FollowProblem | undefined;
  /** Whether the last key is a tunnel's or session's own name, and not the client's. */
  readonly isNamed: boolean;
  /** Whether the last datagram ends what it names. */
  readonly isLast: boolean;
  /** @param client its address and port */
  keyOf(datagram: Buffer, client: string): string | number;
  /** The key of the session which an answer says has begun; undefined for all other answers. */
  begunBy(answer: Buffer): string | undefined;
}

export function createSessionKeys(protocol: DatagramProtocol): SessionKeys {
  switch (protocol) {
    case "udp":
      return byClient;
    case "gtp-u":
      return new TunnelKeys();
    case "pfcp":
      return new PfcpSessionKeys();
  }
}

const byClient: SessionKeys = {
  problem: undefined,
  isNamed: false,
  isLast: false,
  keyOf: (_, client) => client,
  begunBy: () => undefined,
};

/** By the tunnel's end, whoever sends: a handover changes the sender, and the sender its port. */
class TunnelKeys implements SessionKeys {
  problem: FollowProblem | undefined;
  isNamed = false;
  isLast = false;
  private readonly header = new GtpuHeader();

  keyOf(datagram: Buffer, client: string): string | number {
    const { header } = this;
    this.problem = header.read(datagram, 0, datagram.length);
    this.isNamed = this.problem === undefined && header.isOfTunnel;
    this.isLast = this.isNamed && header.messageType === gtpuMessage.endMarker;
    return this.isNamed ? header.teid : client;
  }

  begunBy(): undefined {}
}

/**
 * By the SEID that the user plane gave the session. What comes before goes by client: a session may be established only where the client has
 * its association (TS 29.244, clause 6.2.6).
 */
class PfcpSessionKeys implements SessionKeys {
  problem: FollowProblem | undefined;
  isNamed = false;
  isLast = false;
  private readonly header = new PfcpHeader();

  keyOf(datagram: Buffer, client: string): string {
    const { header } = this;
    this.problem = header.read(datagram, 0, datagram.length);
    this.isNamed = this.problem === undefined && header.hasSeid && !header.isSeidZero;
    this.isLast = this.isNamed && header.messageType === pfcpMessage.sessionDeletionRequest;
    return this.isNamed ? seidKey(datagram, header.seidAt) : client;
  }

  begunBy(answer: Buffer): string | undefined {
    const { header } = this;
    if (header.read(answer, 0, answer.length) !== undefined) return undefined;
    if (header.messageType !== pfcpMessage.sessionEstablishmentResponse) return undefined;
    const at = header.findSenderSeid(answer);
    return at < 0 ? undefined : seidKey(answer, at);
  }
}

/** No address begins with that letter. */
function seidKey(bytes: Buffer, at: number): string {
  return `s${bytes.toString("latin1", at, at + 8)}`;
}
