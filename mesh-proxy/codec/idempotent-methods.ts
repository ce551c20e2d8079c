/** Methods that may be carried out twice (RFC 9110, section 9.2.2). */
export const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);
