/** What a UE does in one visit, each timed by itself. */
export const procedures = ["registration", "session", "request", "release", "deregistration"] as const;
export type Procedure = (typeof procedures)[number];
