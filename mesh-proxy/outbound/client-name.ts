/** What the client of an upstream is called further on: every pod's application dials its own loopback, and only the pod's address tells them apart. */
export function clientName(address: string, podAddress: string): string {
  const isLoopback = address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
  return isLoopback ? podAddress : address;
}
