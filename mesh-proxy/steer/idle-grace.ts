/**
 * How long a draining proxy leaves a connection open on which no request is seen: one may be on its way. Milliseconds;
 * longer than a round trip, and short against any drain.
 */
export const idleGraceMs = 250;
