/** Answers to networks that were asked about lately: most changes of a cluster do not change what chains stand on. */
import type { SplitNetwork } from "../../core/model/split-network.ts";

const ANSWERS_MAX = 8;

export class RecentAnswers<T> {
  readonly #answers = new Map<string, T>();

  /** Asks only if none of the last few networks was the same. */
  answerTo(network: SplitNetwork, ask: () => T): T {
    const key = JSON.stringify({ ...network, functions: [...network.functions] });
    const answer = this.#answers.has(key) ? (this.#answers.get(key) as T) : ask();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= ANSWERS_MAX) break;
      this.#answers.delete(oldest);
    }
    return answer;
  }
}
