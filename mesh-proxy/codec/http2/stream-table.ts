/** The streams that are open on one connection, in typed arrays by slot; a slot is used again once its stream is closed. */

const FIRST_SLOTS = 16;

export class StreamTable {
  streamIds = new Int32Array(FIRST_SLOTS);
  /** Bytes on the wire, frame heads included, from the client and from the server. */
  bytesUp = new Float64Array(FIRST_SLOTS);
  bytesDown = new Float64Array(FIRST_SLOTS);
  /** The header block that opens the stream is complete. */
  hasStarted = new Uint8Array(FIRST_SLOTS);
  hasClientEnded = new Uint8Array(FIRST_SLOTS);
  hasServerEnded = new Uint8Array(FIRST_SLOTS);
  /** 0 while unknown. */
  statusCodes = new Uint16Array(FIRST_SLOTS);
  /** -1 while unknown. */
  grpcStatuses = new Int8Array(FIRST_SLOTS);
  methods = new Uint8Array(FIRST_SLOTS);
  /** The highest stream the client opened. */
  lastStreamId = 0;
  /** Resets by the client beyond the requests that ended well; see `forgiveResets`. */
  resetCount = 0;

  private readonly slotCountMax: number;
  private readonly slotByStreamId = new Map<number, number>();
  private readonly freeSlots: number[] = [];
  private usedSlotCount = 0;

  constructor(slotCountMax: number) {
    this.slotCountMax = slotCountMax;
  }

  get openCount(): number {
    return this.slotByStreamId.size;
  }

  /** @returns the slot, or -1 when no more streams may be open. */
  open(streamId: number): number {
    const slot = this.freeSlots.pop() ?? this.newSlot();
    if (slot < 0) return -1;
    this.slotByStreamId.set(streamId, slot);
    this.streamIds[slot] = streamId;
    this.bytesUp[slot] = 0;
    this.bytesDown[slot] = 0;
    this.hasStarted[slot] = 0;
    this.hasClientEnded[slot] = 0;
    this.hasServerEnded[slot] = 0;
    this.statusCodes[slot] = 0;
    this.grpcStatuses[slot] = -1;
    this.methods[slot] = 0;
    this.lastStreamId = streamId;
    return slot;
  }

  /** @returns the slot of an open stream, or -1. */
  find(streamId: number): number {
    return this.slotByStreamId.get(streamId) ?? -1;
  }

  close(slot: number): void {
    this.slotByStreamId.delete(this.streamIds[slot] ?? 0);
    this.freeSlots.push(slot);
  }

  /** @returns the slot of any open stream that has started, or -1. */
  anyStarted(): number {
    for (const slot of this.slotByStreamId.values()) if (this.hasStarted[slot] === 1) return slot;
    return -1;
  }

  /** Time heals: call it now and then, so that only many resets in a short time count. */
  forgiveResets(count: number): void {
    this.resetCount = Math.max(0, this.resetCount - count);
  }

  private newSlot(): number {
    if (this.usedSlotCount >= this.slotCountMax) return -1;
    if (this.usedSlotCount >= this.streamIds.length) this.grow(2 * this.streamIds.length);
    return this.usedSlotCount++;
  }

  private grow(length: number): void {
    this.streamIds = copied(this.streamIds, new Int32Array(length));
    this.bytesUp = copied(this.bytesUp, new Float64Array(length));
    this.bytesDown = copied(this.bytesDown, new Float64Array(length));
    this.hasStarted = copied(this.hasStarted, new Uint8Array(length));
    this.hasClientEnded = copied(this.hasClientEnded, new Uint8Array(length));
    this.hasServerEnded = copied(this.hasServerEnded, new Uint8Array(length));
    this.statusCodes = copied(this.statusCodes, new Uint16Array(length));
    this.grpcStatuses = copied(this.grpcStatuses, new Int8Array(length));
    this.methods = copied(this.methods, new Uint8Array(length));
  }
}

function copied<T extends { set(values: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
