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
  const best = placesOfMost(scores);
  return nodeNames[best[hash(`${uid} ${namespace}/${name}`) % best.length] ?? -1];
}

function placesOfMost(scores: Uint8Array): readonly number[] {
  let most = 0;
  let places: number[] = [];
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place] ?? 0;
    if (score < most) continue;
    if (score > most) places = [];
    most = score;
    places.push(place);
  }
  return places;
}

/** FNV-1a over UTF-16 code units, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
