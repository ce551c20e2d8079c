/** Renderings of one chain that were taken back: for how long each is not tried again. Pure. */
import {
  type RefusedRendering,
  refusedRenderingsMax,
  type ServiceFunctionChain,
  type ServiceFunctionPath,
} from "../../../core/model/chain.ts";
import { renderingKey } from "./rendering-key.ts";

export type Refusals = readonly RefusedRendering[];

export interface RefusalOptions {
  readonly nowMs: number;
  /** After the first time; twice as long after each further one, up to `FACTOR_MAX` times. */
  readonly backoffMs: number;
}

const FACTOR_MAX = 16;
const MESSAGE_LENGTH_MAX = 1000;

/** With the path among them; one that is there already changes nothing. The newest stand first. */
export function refusing(
  refusals: Refusals,
  path: ServiceFunctionPath,
  message: string,
  { nowMs, backoffMs }: RefusalOptions,
): Refusals {
  if (refusals.some(({ spi }) => spi === path.spi)) return refusals;
  const rendering = renderingKey(path.chainGeneration, path.hops);
  const times = (refusals.find((each) => each.rendering === rendering)?.times ?? 0) + 1;
  const dueMs = nowMs + backoffMs * Math.min(2 ** (times - 1), FACTOR_MAX);
  // As the status has it.
  const untilMs = Math.ceil(dueMs / 1000) * 1000;
  const others = refusals.filter((each) => each.rendering !== rendering);
  const refused = { spi: path.spi, rendering, times, untilMs, message: message.slice(0, MESSAGE_LENGTH_MAX) };
  return [refused, ...others].slice(0, refusedRenderingsMax);
}

/**
 * Those that still count: of the chain's present generation, not tried successfully since, and not so old that their times say
 * nothing any more. `proven`: the active path, once none is left to compare it with.
 */
export function remaining(
  refusals: Refusals,
  { generation }: Pick<ServiceFunctionChain, "generation">,
  proven: ServiceFunctionPath | undefined,
  { nowMs, backoffMs }: RefusalOptions,
): Refusals {
  const provenKey = proven && renderingKey(proven.chainGeneration, proven.hops);
  const left = refusals.filter(({ spi, rendering, untilMs }) => {
    const isProven = proven !== undefined && rendering === provenKey && proven.spi > spi;
    const isOld = nowMs >= untilMs + backoffMs * FACTOR_MAX;
    return !isProven && !isOld && rendering.startsWith(`${generation}-`);
  });
  return left.length === refusals.length ? refusals : left;
}

/** The refusal for which a rendering is held back now. */
export function heldBack(refusals: Refusals, rendering: string, nowMs: number): RefusedRendering | undefined {
  return refusals.find((each) => each.rendering === rendering && nowMs < each.untilMs);
}

/** When the next one may be tried again; undefined where none is held back. */
export function nextTry(refusals: Refusals, nowMs: number): number | undefined {
  const ahead = refusals.map(({ untilMs }) => untilMs).filter((untilMs) => untilMs > nowMs);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
