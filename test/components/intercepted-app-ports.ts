/** Where the application of `intercepted-app.ts` listens. */
export const appPorts = {
  http: [8080, 8081, 8082, 7000, 7001],
  serverFirst: [3306, 2525],
  http2: 8083,
  /** Says everything back, which a function does that lets everything pass. */
  function: 9000,
  udp: 5000,
  /** HTTP, on the loopback alone. */
  loopback: 9999,
} as const;
