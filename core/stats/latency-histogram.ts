/** Latencies counted in buckets of fixed relative width: constant memory, constant time, no allocation. */

/** Buckets per doubling; the middle of a bucket is within 1 / (2 * 64) = 0.8 % of what was recorded in it. */
const SUB_BUCKETS = 64;
const SUB_BUCKET_BITS = 6;
/** 2^31 microseconds are 35 minutes. Anything longer counts as that. */
const MAGNITUDES = 31 - SUB_BUCKET_BITS;
const MICROS_MAX = 2 ** 31 - 1;
const BUCKETS = SUB_BUCKETS * (MAGNITUDES + 1);

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * Log-linear histogram with microsecond resolution: below 64 us exact, above that 64 buckets per doubling. 13 kB.
 * After the idea of HdrHistogram (Tene).
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** 0 while empty. */
  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  /** Negative latencies (a clock that was set back) count as 0; what is not a number is left out. */
  record(latencyMs: number): void {
    if (Number.isNaN(latencyMs)) return;
    const positiveMs = Math.min(Math.max(0, latencyMs), MICROS_MAX / 1000);
    const bucket = bucketOf(Math.round(positiveMs * 1000));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += positiveMs;
    if (positiveMs > this.#maxMs) this.#maxMs = positiveMs;
  }

  /** The latency that a part `p` in [0, 1] of all recorded ones does not exceed, within 0.8 %; 0 while empty. */
  quantileMs(p: number): number {
    const rank = Math.max(1, Math.ceil(p * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(middleMicros(bucket) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }

  summary(): LatencySummary {
    const [p50Ms, p90Ms, p99Ms] = [this.quantileMs(0.5), this.quantileMs(0.9), this.quantileMs(0.99)];
    return { count: this.#count, meanMs: this.meanMs, p50Ms, p90Ms, p99Ms, maxMs: this.#maxMs };
  }

  /** Adds everything that `other` has recorded. */
  add(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#maxMs = 0;
  }
}

function bucketOf(micros: number): number {
  if (micros < SUB_BUCKETS) return micros;
  const magnitude = 31 - Math.clz32(micros) - SUB_BUCKET_BITS;
  return SUB_BUCKETS * (magnitude + 1) + (micros >>> magnitude) - SUB_BUCKETS;
}

function middleMicros(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const magnitude = Math.floor(bucket / SUB_BUCKETS) - 1;
  const width = 2 ** magnitude;
  return (SUB_BUCKETS + (bucket % SUB_BUCKETS)) * width + (width - 1) / 2;
}
