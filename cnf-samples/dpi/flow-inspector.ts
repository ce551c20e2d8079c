/** Lets a flow pass once it is classified, or refuses it; holds bytes only where something is to be blocked. */
import { type FlowProcessor, type FlowVerdict, passOn, refuse } from "../service-function/flow-processor.ts";
import type { Classification, FlowClassifier } from "./rules.ts";

export interface InspectorOptions {
  readonly classifier: FlowClassifier;
  /** Applications and protocols to refuse. */
  readonly blocked: ReadonlySet<string>;
  onClassified(classification: Classification): void;
}

export class FlowInspector implements FlowProcessor {
  readonly #options: InspectorOptions;
  #held: Buffer[] = [];
  #isClassified = false;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  write(chunk: Buffer): FlowVerdict {
    if (this.#isClassified || chunk.length === 0) return passOn(chunk);
    this.#held.push(chunk);
    const classification = this.#options.classifier.inspect(chunk);
    if (classification) return this.#decide(classification);
    return this.#options.blocked.size === 0 ? this.#letGo() : passOn();
  }

  end(): FlowVerdict {
    return this.#isClassified ? passOn() : this.#decide(this.#options.classifier.conclude());
  }

  /** A flow that waits half-way through its first words is judged by those. */
  release(): FlowVerdict {
    return this.end();
  }

  #decide(classification: Classification): FlowVerdict {
    const { blocked, onClassified } = this.#options;
    this.#isClassified = true;
    onClassified(classification);
    const isBlocked = blocked.has(classification.application) || blocked.has(classification.protocol);
    return isBlocked ? refuse("flowsBlocked") : this.#letGo();
  }

  #letGo(): FlowVerdict {
    const held = this.#held;
    this.#held = [];
    return passOn(...held);
  }
}
