/** Sends datagrams a few at a time, so that a burst of many sessions does not overrun the receiver's socket buffer. */

export interface PacedDatagram {
  readonly bytes: Buffer;
  readonly host: string;
  /** Called once the datagram has been handed to the kernel. */
  sent(): void;
}

export class PacedSender {
  readonly #queue: PacedDatagram[] = [];
  readonly #burstMax: number;
  readonly #send: (datagram: PacedDatagram) => void;
  #head = 0;
  #isScheduled = false;

  /** `burstMax`: datagrams per turn of the event loop. */
  constructor(burstMax: number, send: (datagram: PacedDatagram) => void) {
    this.#burstMax = burstMax;
    this.#send = send;
  }

  /** The callers bound what they queue: each session by its own limit. */
  push(datagram: PacedDatagram): void {
    this.#queue.push(datagram);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#burst());
  }

  #burst(): void {
    const end = Math.min(this.#head + this.#burstMax, this.#queue.length);
    for (; this.#head < end; this.#head++) {
      const datagram = this.#queue[this.#head] as PacedDatagram;
      this.#send(datagram);
      datagram.sent();
    }
    this.#isScheduled = this.#head < this.#queue.length;
    if (this.#isScheduled) {
      this.#forgetSent();
      setImmediate(() => this.#burst());
    } else {
      this.#queue.length = 0;
      this.#head = 0;
    }
  }

  /** Now and then, because each removal moves all that is left. */
  #forgetSent(): void {
    if (this.#head < 1024) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
