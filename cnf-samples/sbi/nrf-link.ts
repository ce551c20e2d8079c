/** An NF's relation to the NRF: registers, sends heartbeats, registers anew when forgotten, discovers peers. */
import { z } from "zod";
import { Counters } from "../counters.ts";
import type { SampleDeps } from "../sample.ts";
import type { NfProfile, NfType } from "./nf-profile.ts";
import { isSuccess, jsonPatchType } from "./problem-details.ts";
import type { SbiClient } from "./sbi-client.ts";

const registered = z.looseObject({ heartBeatTimer: z.int().min(1).optional() });
const searchResult = z.looseObject({
  validityPeriod: z.number().min(0),
  nfInstances: z.array(z.looseObject({ nfInstanceId: z.string(), nfType: z.string() })),
});

/** What was found of a type, and until when that may be believed. */
interface Discovered {
  readonly instances: number;
  readonly untilMs: number;
}

const registerRetryMs = 500;
const discoveryRetryMs = 1000;

export class NrfLink {
  readonly #client: SbiClient;
  readonly #profile: NfProfile;
  readonly #deps: SampleDeps;
  readonly #discovered = new Map<NfType, Promise<Discovered> | Discovered>();
  readonly #counters = new Counters();
  #heartbeatMs: number;
  #isRegistered = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(client: SbiClient, profile: NfProfile, heartbeatMs: number, deps: SampleDeps) {
    this.#client = client;
    this.#profile = profile;
    this.#heartbeatMs = heartbeatMs;
    this.#deps = deps;
  }

  /** Registers in the background, and keeps trying: an NF serves without the NRF. */
  start(): void {
    void this.#beat();
  }

  /** Discovers who offers a type; the mesh, not the NRF, then chooses the instance, so the answer is only counted. */
  async discover(targetNfType: NfType): Promise<void> {
    const known = this.#discovered.get(targetNfType);
    if (known instanceof Promise) {
      await known;
    } else if (!known || known.untilMs <= this.#deps.nowMs()) {
      const search = this.#search(targetNfType);
      this.#discovered.set(targetNfType, search);
      this.#discovered.set(targetNfType, await search);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#isRegistered) await this.#client.call({ method: "DELETE", path: this.#path() });
  }

  statistics(): Readonly<Record<string, unknown>> {
    return { ...this.#counters.all(), isRegistered: this.#isRegistered };
  }

  async #beat(): Promise<void> {
    const wasRegistered = this.#isRegistered;
    this.#isRegistered = wasRegistered ? await this.#heartbeat() : await this.#register();
    if (this.#isStopped) return;
    if (this.#isRegistered !== wasRegistered) this.#logChange();
    const delayMs = this.#isRegistered ? this.#heartbeatMs : registerRetryMs;
    this.#timer = setTimeout(() => void this.#beat(), delayMs);
    this.#timer.unref();
  }

  #logChange(): void {
    const { nfType, nfInstanceId } = this.#profile;
    if (this.#isRegistered) this.#deps.log.info("registered with the NRF", { nfType, nfInstanceId });
    else this.#deps.log.warn("no longer registered with the NRF", { nfType, nfInstanceId });
  }

  async #register(): Promise<boolean> {
    this.#counters.add("registrations");
    const reply = await this.#client.call({ method: "PUT", path: this.#path(), body: this.#profile });
    const answered = registered.safeParse(reply.body);
    if (!isSuccess(reply) || !answered.success) return false;
    const { heartBeatTimer } = answered.data;
    if (heartBeatTimer !== undefined) this.#heartbeatMs = heartBeatTimer * 1000;
    return true;
  }

  async #heartbeat(): Promise<boolean> {
    this.#counters.add("heartbeats");
    const body = [{ op: "replace", path: "/nfStatus", value: "REGISTERED" }];
    const reply = await this.#client.call({ method: "PATCH", path: this.#path(), body, contentType: jsonPatchType });
    return isSuccess(reply);
  }

  async #search(targetNfType: NfType): Promise<Discovered> {
    this.#counters.add("discoveries");
    const query = `target-nf-type=${targetNfType}&requester-nf-type=${this.#profile.nfType}`;
    const reply = await this.#client.call({ method: "GET", path: `/nnrf-disc/v1/nf-instances?${query}` });
    const found = searchResult.safeParse(reply.body);
    const instances = isSuccess(reply) && found.success ? found.data.nfInstances.length : 0;
    if (instances === 0) this.#counters.add("discoveriesEmpty");
    const validMs = instances > 0 && found.success ? found.data.validityPeriod * 1000 : discoveryRetryMs;
    return { instances, untilMs: this.#deps.nowMs() + validMs };
  }

  #path(): string {
    return `/nnrf-nfm/v1/nf-instances/${this.#profile.nfInstanceId}`;
  }
}
