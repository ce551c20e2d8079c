/** Lets a flow pass once it is classified, or refuses it; holds bytes only where something depends on it. */
import { type FlowProcessor, type FlowVerdict, passOn, refuse } from "../service-function/flow-processor.ts";
import type { Classification, FlowClassifier } from "./rules.ts";

export interface InspectorOptions {
  readonly classifier: FlowClassifier;
  /** Applications and protocols to refuse. */
  readonly blocked: ReadonlySet<string>;
  onClassified(classification: Classification): void;
  /** What goes before the flow, once it is known what the flow is; then it is held until that is known. */
  readonly prefaceOf?: ((classification: Classification) => Buffer) | undefined;
}

export class FlowInspector implements FlowProcessor {
  readonly #options: InspectorOptions;
  #held: Buffer[] = [];
  #isClassified = false;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  get heldBytes(): number {
    const byteCount = this.#held.reduce((sum, { length }) => sum + length, 0);
    // What waits for its preface is not let wait for ever, even if its server is to speak first.
    return this.#isWaiting ? Math.max(1, byteCount) : byteCount;
  }

  write(chunk: Buffer): FlowVerdict {
    if (this.#isClassified || chunk.length === 0) return passOn(chunk);
    this.#held.push(chunk);
    const classification = this.#options.classifier.inspect(chunk);
    if (classification) return this.#decide(classification);
    return this.#options.blocked.size === 0 && !this.#isWaiting ? this.#letGo() : passOn();
  }

  end(): FlowVerdict {
    return this.#isClassified ? passOn() : this.#decide(this.#options.classifier.conclude());
  }

  /** A flow that waits half-way through its first words is judged by those. */
  release(): FlowVerdict {
    return this.end();
  }

  #decide(classification: Classification): FlowVerdict {
    const { blocked, onClassified, prefaceOf } = this.#options;
    this.#isClassified = true;
    onClassified(classification);
    const isBlocked = blocked.has(classification.application) || blocked.has(classification.protocol);
    const preface = prefaceOf?.(classification);
    return isBlocked ? refuse("flowsBlocked") : this.#letGo(...(preface === undefined ? [] : [preface]));
  }

  get #isWaiting(): boolean {
    return this.#options.prefaceOf !== undefined && !this.#isClassified;
  }

  #letGo(...before: readonly Buffer[]): FlowVerdict {
    const held = this.#held;
    this.#held = [];
    return passOn(...before, ...held);
  }
}
