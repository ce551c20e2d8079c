/** Whether a host still shows signs of life, from what came of it between one look and the next. Looks come at a steady pace. */

export interface Silence {
  /** Something was said to it since it was last heard of. */
  readonly owesAnswer: boolean;
  /** Looks in a row at which a sign of life was due and none came. */
  readonly silentLooks: number;
  /** Looks in a row without traffic either way. */
  readonly restLooks: number;
}

/** Since the look before. */
export interface LifeSigns {
  /** Bytes came on any connection to it. */
  readonly hasHeard: boolean;
  /** Bytes were written to any. */
  readonly hasSaid: boolean;
  /** It answered a knock: a connection of its own that asks for nothing else. */
  readonly hasAnswered: boolean;
}

/** Looks without a sign of life after which a host counts as gone. */
export const SILENT_LOOKS_MAX = 6;
/** Of these the second makes good for a lost packet. */
const KNOCK_LOOKS: readonly number[] = [2, 4];
/** Looks between knocks on what is gone. */
const RETURN_LOOKS = 10;
/** A host at rest is asked after this many looks, then after four times as long again and again, and at last at this pace. */
const REST_LOOKS_FIRST = 2;
const REST_LOOKS_MAX = 128;

export const unheard: Silence = { owesAnswer: false, silentLooks: 0, restLooks: 0 };
export const gone: Silence = { owesAnswer: false, silentLooks: SILENT_LOOKS_MAX, restLooks: 0 };

/** What is said and heard between the same two looks may have been said last, so that an answer to it is still due. */
export function nextSilence(before: Silence, { hasHeard, hasSaid, hasAnswered }: LifeSigns): Silence {
  const owesAnswer = hasSaid || (before.owesAnswer && !hasHeard);
  const restLooks = hasHeard || hasSaid ? 0 : before.restLooks + 1;
  const isDue = owesAnswer || before.silentLooks > 0 || isRestEnd(restLooks);
  const isSilent = isDue && !hasHeard && !hasAnswered;
  return { owesAnswer, silentLooks: isSilent ? before.silentLooks + 1 : 0, restLooks };
}

export function isGone({ silentLooks }: Silence): boolean {
  return silentLooks >= SILENT_LOOKS_MAX;
}

/** Whether to knock at this look. */
export function isKnockDue({ silentLooks }: Silence): boolean {
  return KNOCK_LOOKS.includes(silentLooks) || (silentLooks > SILENT_LOOKS_MAX && silentLooks % RETURN_LOOKS === 0);
}

function isRestEnd(restLooks: number): boolean {
  if (restLooks >= REST_LOOKS_MAX) return restLooks % REST_LOOKS_MAX === 0;
  let looks = REST_LOOKS_FIRST;
  while (looks < restLooks) looks *= 4;
  return looks === restLooks;
}
