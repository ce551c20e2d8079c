/** One HTTPS GET against a server whose certificate the test's own CA signed. */
import { request } from "node:https";

export type HttpsGetOptions = {
  readonly caPem: string;
  readonly certificatePem?: string;
  readonly keyPem?: string;
};

export type HttpsAnswer = { readonly status: number; readonly body: string };

const timeoutMs = 5000;
const bodyCharactersMax = 8_000_000;

/** Rejects when the server is unreachable, untrusted, silent for 5 s or too talkative; any status is an answer. */
export function httpsGet(url: string, options: HttpsGetOptions): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const tls = { ca: options.caPem, cert: options.certificatePem, key: options.keyPem, agent: false as const };
    const sent = request(url, { ...tls, timeout: timeoutMs }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
        if (body.length > bodyCharactersMax) response.destroy(new Error(`${url}: body too large`));
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.once("error", reject);
    });
    sent.once("timeout", () => sent.destroy(new Error(`${url}: no answer within ${timeoutMs} ms`)));
    sent.once("error", reject);
    sent.end();
  });
}
