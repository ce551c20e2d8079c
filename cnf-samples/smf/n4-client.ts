/** The SMF's side of N4: associates with UPFs, makes, changes and deletes sessions. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { addressText, type Endpoint, peerEndpoint } from "../config-fields.ts";
import { nodeId, readFSeid, readFTeid, type Tunnel } from "../pfcp/addresses.ts";
import { elementTypes, findElement, readElements, readUint, uint32 } from "../pfcp/information-element.ts";
import { PfcpEndpoint, type PfcpReply } from "../pfcp/pfcp-endpoint.ts";
import { causes, messageTypes, type PfcpMessage } from "../pfcp/pfcp-message.ts";
import { pfcpPort, recoveryTimeStamp } from "../pfcp/pfcp-node.ts";
import { activationElements, establishmentElements } from "../pfcp/session-requests.ts";
import type { SampleDeps } from "../sample.ts";

export interface N4Config extends Endpoint {
  readonly upfs: readonly string[];
  readonly retryMs: number;
  readonly attemptsMax: number;
}

export type N4Outcome =
  | { readonly kind: "established"; readonly upf: string; readonly upSeid: bigint; readonly uplink: Tunnel }
  | { readonly kind: "refused"; readonly cause: number }
  | { readonly kind: "silent" };

export class N4Client {
  readonly #endpoint: PfcpEndpoint;
  readonly #config: N4Config;
  readonly #recovery: number;
  readonly #associations = new Map<string, Promise<boolean>>();
  #turn = 0;
  #nextSeid: bigint;

  private constructor(endpoint: PfcpEndpoint, config: N4Config, recovery: number, seidStart: bigint) {
    this.#endpoint = endpoint;
    this.#config = config;
    this.#recovery = recovery;
    this.#nextSeid = seidStart;
  }

  /** Throws `listen-failed`. */
  static async open(config: N4Config, deps: SampleDeps): Promise<N4Client> {
    const recovery = recoveryTimeStamp(deps.nowMs());
    const random = Buffer.from(deps.randomBytes(8));
    const sequenceStart = random.readUIntBE(0, 3);
    const answer = (message: PfcpMessage) => answerNode(message, recovery);
    const endpoint = await PfcpEndpoint.open({ ...config, sequenceStart, answer });
    return new N4Client(endpoint, config, recovery, random.readBigUInt64BE() >> 1n);
  }

  get address(): string {
    return this.#endpoint.address;
  }

  statistics(): Readonly<Record<string, number>> {
    return this.#endpoint.counters.all();
  }

  /** Makes a session on the next UPF in turn; one that has forgotten the association is associated with again. */
  async establish(ueAddress: string, dnn: string): Promise<N4Outcome> {
    const { upfs } = this.#config;
    const upf = await resolvedAddress(upfs[this.#turn++ % upfs.length] ?? "");
    if (upf === undefined) return { kind: "silent" };
    const first = await this.#establishOn(upf, ueAddress, dnn);
    if (first.kind !== "refused" || first.cause !== causes.noAssociation) return first;
    this.#associations.delete(upf);
    return this.#establishOn(upf, ueAddress, dnn);
  }

  /** Tells the UPF where the gNB listens; true when it took it. */
  async activate(upf: string, upSeid: bigint, downlink: Tunnel): Promise<boolean> {
    const type = messageTypes.sessionModificationRequest;
    const elements = activationElements(downlink);
    const response = await this.#endpoint.request(peerOf(upf), { type, seid: upSeid, elements });
    return causeOf(response) === causes.accepted;
  }

  /** True when the session is gone, also because the UPF no longer knew it. */
  async delete(upf: string, upSeid: bigint): Promise<boolean> {
    const type = messageTypes.sessionDeletionRequest;
    const cause = causeOf(await this.#endpoint.request(peerOf(upf), { type, seid: upSeid, elements: [] }));
    return cause === causes.accepted || cause === causes.sessionNotFound;
  }

  stop(): Promise<void> {
    return this.#endpoint.stop();
  }

  async #establishOn(upf: string, ueAddress: string, dnn: string): Promise<N4Outcome> {
    if (!(await this.#associated(upf))) return { kind: "silent" };
    const node = this.#config.host;
    const cp = { seid: ++this.#nextSeid, address: node };
    const elements = establishmentElements({ node, cp, ueAddress, dnn });
    const type = messageTypes.sessionEstablishmentRequest;
    const response = await this.#endpoint.request(peerOf(upf), { type, seid: 0n, elements });
    if (!response) {
      this.#associations.delete(upf);
      return { kind: "silent" };
    }
    return readEstablished(response, upf);
  }

  #associated(upf: string): Promise<boolean> {
    const known = this.#associations.get(upf);
    if (known) return known;
    const setup = this.#associate(upf);
    this.#associations.set(upf, setup);
    return setup;
  }

  async #associate(upf: string): Promise<boolean> {
    const elements = [nodeId(this.#config.host), uint32(elementTypes.recoveryTimeStamp, this.#recovery)];
    const type = messageTypes.associationSetupRequest;
    const response = await this.#endpoint.request(peerOf(upf), { type, elements });
    const isAccepted = causeOf(response) === causes.accepted;
    if (!isAccepted) this.#associations.delete(upf);
    return isAccepted;
  }
}

function answerNode(message: PfcpMessage, recovery: number): PfcpReply | undefined {
  if (message.type !== messageTypes.heartbeatRequest) return undefined;
  return { type: messageTypes.heartbeatResponse, elements: [uint32(elementTypes.recoveryTimeStamp, recovery)] };
}

/** `host:port` with the name looked up, so that a session stays with the UPF it was made on; undefined when it has no address. */
async function resolvedAddress(upf: string): Promise<string | undefined> {
  const { host, port } = peerEndpoint(upf, pfcpPort);
  if (isIP(host)) return addressText({ host, port });
  try {
    const { address } = await lookup(host, { family: 4 });
    return addressText({ host: address, port });
  } catch {
    return undefined;
  }
}

function peerOf(upf: string): Endpoint {
  return peerEndpoint(upf, pfcpPort);
}

function causeOf(response: PfcpMessage | undefined): number | undefined {
  return response && readUint(response.elements, elementTypes.cause, 1);
}

function readEstablished(response: PfcpMessage, upf: string): N4Outcome {
  const cause = causeOf(response) ?? 0;
  if (cause !== causes.accepted) return { kind: "refused", cause };
  const upValue = findElement(response.elements, elementTypes.fSeid);
  const created = findElement(response.elements, elementTypes.createdPdr);
  const tunnelValue = findElement((created && readElements(created)) ?? [], elementTypes.fTeid);
  const up = upValue && readFSeid(upValue);
  const uplink = tunnelValue && readFTeid(tunnelValue);
  if (!up || !uplink || uplink === "choose") return { kind: "refused", cause: causes.mandatoryIeMissing };
  return { kind: "established", upf, upSeid: up.seid, uplink };
}
