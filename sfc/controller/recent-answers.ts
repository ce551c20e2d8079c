/** Answers to networks that were asked about lately: most changes of a cluster do not change what chains stand on. */
import type { SplitNetwork } from "../../core/model/split-network.ts";

const ANSWERS_MAX = 8;

export interface AnswerWeights<T> {
  readonly weightOf: (answer: T) => number;
  /** Of all that are kept together; the newest is always kept. */
  readonly weightMax: number;
}

export class RecentAnswers<T> {
  readonly #answers = new Map<string, T>();
  readonly #weights: AnswerWeights<T>;

  constructor(weights: AnswerWeights<T> = { weightOf: () => 0, weightMax: 0 }) {
    this.#weights = weights;
  }

  /** The answer that was asked for last. */
  get newest(): T | undefined {
    return [...this.#answers.values()].at(-1);
  }

  /** Asks only if none of the last few networks was the same. */
  answerTo(network: SplitNetwork, ask: () => T): T {
    const key = JSON.stringify({ ...network, functions: [...network.functions] });
    const answer = this.#answers.has(key) ? (this.#answers.get(key) as T) : ask();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    this.#forget();
    return answer;
  }

  #forget(): void {
    const { weightOf, weightMax } = this.#weights;
    let weight = [...this.#answers.values()].reduce((sum, answer) => sum + weightOf(answer), 0);
    for (const [oldest, answer] of this.#answers) {
      const isEnough = this.#answers.size <= ANSWERS_MAX && weight <= weightMax;
      if (isEnough || this.#answers.size === 1) return;
      this.#answers.delete(oldest);
      weight -= weightOf(answer);
    }
  }
}
