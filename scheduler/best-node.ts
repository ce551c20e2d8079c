import type { Scoring } from "./plugins/score-plugin.ts";
import type { AskedPod } from "./wire/parse-args.ts";

/**
 * One of the nodes with the highest score, where there are several as good as by chance: kube-scheduler takes any, and not all pods
 * should be assumed on the first. But it is the pod that chooses, so that every replica of this program assumes the same.
 */
export function bestNode(
  { uid, namespace, name }: AskedPod,
  nodeNames: readonly string[],
  { scores }: Scoring,
): string | undefined {
  const most = scores.reduce((max, score) => Math.max(max, score), 0);
  const bestCount = scores.reduce((count, score) => (score === most ? count + 1 : count), 0);
  let toSkip = hash(`${uid} ${namespace}/${name}`) % bestCount;
  return nodeNames[scores.findIndex((score) => score === most && toSkip-- === 0)];
}

/** FNV-1a over UTF-16 code units, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
