import { isTextInAnyCase, textBytes } from "../route/match/byte-text.ts";
import { HeaderLines } from "../route/match/header-lines.ts";
import type { RequestHead } from "../route/match/request-head.ts";

const EXPECT = textBytes("expect");
const lines = new HeaderLines();

/** Whether the client waits for leave before it sends the body (RFC 9110, section 10.1.1). */
export function expectsContinue(request: RequestHead): boolean {
  lines.start(request);
  while (lines.next()) if (isTextInAnyCase(request.bytes, lines.nameStart, lines.nameEnd, EXPECT)) return true;
  return false;
}
