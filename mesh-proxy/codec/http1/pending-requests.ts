/** What the requests in flight mean for the responses to come, shared by the two scanners of one connection. */
import { METHOD } from "./method.ts";

/** Whether the request side may go on after a request that asks to leave HTTP. */
export const UPGRADE = { none: 0, waiting: 1, granted: 2, refused: 3 } as const;
export type Upgrade = (typeof UPGRADE)[keyof typeof UPGRADE];

const WANTS_UPGRADE = 0x80;

export class PendingRequests {
  upgrade: Upgrade = UPGRADE.none;
  /** Requests whose head was seen. */
  requestCount = 0;
  /** Requests whose response is complete. */
  answeredCount = 0;

  private readonly entries: Uint8Array;

  constructor(countMax: number) {
    this.entries = new Uint8Array(countMax);
  }

  get isFull(): boolean {
    return this.requestCount - this.answeredCount >= this.entries.length;
  }

  get isEmpty(): boolean {
    return this.requestCount === this.answeredCount;
  }

  /** Only while not full. */
  push(method: number, wantsUpgrade: boolean): void {
    this.entries[this.requestCount % this.entries.length] = wantsUpgrade ? method | WANTS_UPGRADE : method;
    this.requestCount++;
    if (wantsUpgrade || method === METHOD.connect) this.upgrade = UPGRADE.waiting;
  }

  /** Method of the oldest request without a complete response; only while not empty. */
  get method(): number {
    return (this.entries[this.answeredCount % this.entries.length] ?? 0) & ~WANTS_UPGRADE;
  }

  get wantsUpgrade(): boolean {
    return ((this.entries[this.answeredCount % this.entries.length] ?? 0) & WANTS_UPGRADE) !== 0;
  }

  /** The oldest request has its final status. Nothing is read behind a request that asks to leave HTTP, so it is the newest too. */
  settleUpgrade(isGranted: boolean): void {
    if (this.wantsUpgrade || this.method === METHOD.connect)
      this.upgrade = isGranted ? UPGRADE.granted : UPGRADE.refused;
  }

  shift(): void {
    this.answeredCount++;
  }
}
