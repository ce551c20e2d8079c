import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { type AuthorizedPart, accessRefusal } from "./authorize.ts";

/** Asks the policies about each request of a connection once, however often it is looked at while it waits. */
export class RequestGate {
  private readonly context: ProxyContext;
  private sequence = 0;
  private reason: string | undefined;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  refusal(part: AuthorizedPart, request: Http1Scanner): string | undefined {
    if (!part.table.access.hasRules) return undefined;
    if (request.sequence !== this.sequence) {
      this.reason = accessRefusal(this.context, part, request);
      this.sequence = request.sequence;
    }
    return this.reason;
  }
}
