/**
 * Recomputes a shared load from the problem and the names alone, and proves that none is better. A unit that stays counts as M ms, more than
 * any way costs. For any prices v >= 0 of the sites with room, and u_i = min(M, the price given, least over j near i of delay_ij + v_j),
 *
 *   bound = sum over overloaded i of u_i * excess_i - sum over j with room of v_j * room_j
 *
 * is at most what any sharing costs (duality of the transport problem). Bad prices make a low bound, never a wrong one.
 */
import { dearerThanAnyWay } from "./excess-network.ts";
import type { SharedLoad, Site, SiteProblem } from "./site-problem.ts";

export type SharingVerdict =
  | {
      readonly kind: "valid";
      readonly left: number;
      /** Over all that is carried, in the sites' unit times ms. */
      readonly amountTimesDelay: number;
    }
  | { readonly kind: "invalid"; readonly reason: string };

/** How far sums may be off, as a part of what they are compared with. */
const TOLERANCE = 1e-9;

export function checkSharing(problem: SiteProblem, answer: SharedLoad): SharingVerdict {
  const excess = new Map(problem.sites.map((site) => [site.name, Math.max(0, site.load - site.capacity)]));
  const room = new Map(problem.sites.map((site) => [site.name, Math.max(0, site.capacity - site.load)]));
  const delays = nearDelays(problem);
  const reason = wrongWith(answer, { excess, room, delays }, problem.sites);
  if (reason !== undefined) return { kind: "invalid", reason };
  const left = sumOf(answer.left.map(({ amount }) => amount));
  const amountTimesDelay = sumOf(answer.transfers.map(({ from, to, amount }) => amount * delayOf(delays, from, to)));
  const overloaded = [...excess.values()].filter((amount) => amount > 0).length;
  const stayMs = dearerThanAnyWay(overloaded, farthest(delays, { excess, room }));
  const cost = amountTimesDelay + stayMs * left;
  const bound = boundOf({ excess, room, delays }, answer.pricesMs, stayMs);
  if (cost > bound + TOLERANCE * stayMs * sumOf([...excess.values()]))
    return {
      kind: "invalid",
      reason: `it costs ${cost}, and its prices prove only that none costs less than ${bound}`,
    };
  return { kind: "valid", left, amountTimesDelay };
}

interface Amounts {
  readonly excess: ReadonlyMap<string, number>;
  readonly room: ReadonlyMap<string, number>;
}

interface Terms extends Amounts {
  /** By both names, of pairs that are near. */
  readonly delays: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function wrongWith({ transfers, left }: SharedLoad, { excess, room, delays }: Terms, sites: readonly Site[]) {
  for (const { from, to, amount } of transfers) {
    if (!(amount > 0)) return `${amount} goes from ${from} to ${to}`;
    if (delayOf(delays, from, to) === Infinity) return `${to} is not near ${from}`;
  }
  const stranger = left.find(({ site, amount }) => !excess.has(site) || !(amount > 0));
  if (stranger) return `${stranger.amount} stays at ${stranger.site}`;
  for (const { name, capacity, load } of sites) {
    const within = TOLERANCE * (capacity + load);
    const sent = sumOf(transfers.filter(({ from }) => from === name).map(({ amount }) => amount));
    const stayed = sumOf(left.filter(({ site }) => site === name).map(({ amount }) => amount));
    const mine = excess.get(name) ?? 0;
    if (Math.abs(sent + stayed - mine) > within)
      return `${sent} leaves ${name} and ${stayed} stays, of ${mine} too much`;
    const taken = sumOf(transfers.filter(({ to }) => to === name).map(({ amount }) => amount));
    if (taken > (room.get(name) ?? 0) + within)
      return `${taken} comes to ${name}, which has room for ${room.get(name)}`;
  }
  return undefined;
}

function boundOf({ excess, room, delays }: Terms, pricesMs: SharedLoad["pricesMs"], stayMs: number): number {
  const roomPrice = (site: string) => Math.max(0, pricesMs.get(site) ?? 0);
  const ofRoom = [...room].filter(([, amount]) => amount > 0);
  const saved = sumOf(ofRoom.map(([site, amount]) => amount * roomPrice(site)));
  const spent = [...excess].map(([site, amount]) => {
    if (amount === 0) return 0;
    const ways = ofRoom.map(([to]) => delayOf(delays, site, to) + roomPrice(to));
    return amount * ways.reduce((least, way) => Math.min(least, way), Math.min(stayMs, pricesMs.get(site) ?? 0));
  });
  return sumOf(spent) - saved;
}

function nearDelays({ delays, oneWayMsMax }: SiteProblem): Terms["delays"] {
  const near = new Map<string, Map<string, number>>();
  const keep = (from: string, to: string, oneWayMs: number) => {
    const row = near.get(from) ?? new Map<string, number>();
    near.set(from, row.set(to, Math.min(oneWayMs, row.get(to) ?? Infinity)));
  };
  for (const { a, b, oneWayMs } of delays) {
    if (!(oneWayMs <= oneWayMsMax)) continue;
    keep(a, b, oneWayMs);
    keep(b, a, oneWayMs);
  }
  return near;
}

function delayOf(delays: Terms["delays"], from: string, to: string): number {
  return delays.get(from)?.get(to) ?? Infinity;
}

/** Between an overloaded site and one with room. */
function farthest(delays: Terms["delays"], { excess, room }: Amounts): number {
  let most = 0;
  for (const [from, row] of delays)
    if ((excess.get(from) ?? 0) > 0)
      for (const [to, oneWayMs] of row) if ((room.get(to) ?? 0) > 0) most = Math.max(most, oneWayMs);
  return most;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
