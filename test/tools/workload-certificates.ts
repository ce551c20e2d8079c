/** Certificates of workloads, by an authority that lives for one test. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

export interface WorkloadCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly bundle: string;
  /** @param uris among its names @param lifeMs may be over already */
  issue(uris: readonly string[], lifeMs?: number): Promise<WorkloadCertificate>;
}

/** The three files of one proxy, and how they are replaced. */
export interface CertificateDirectory {
  readonly config: {
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly trustBundleFile: string;
  };
  write(files: WorkloadCertificate & { readonly bundle: string }): void;
  remove(): void;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 3600_000;

export async function createAuthority(name = "test-ca"): Promise<Authority> {
  const keys = await generateKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 10 * dayMs),
    notAfter: new Date(Date.now() + 10 * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    bundle: `${ca.toString("pem")}\n`,
    async issue(uris, lifeMs = dayMs) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: "CN=workload",
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: new Date(Date.now() - 5 * dayMs),
        notAfter: new Date(Date.now() + lifeMs),
        extensions: [
          new x509.SubjectAlternativeNameExtension(uris.map((value) => ({ type: "url" as const, value }))),
          new x509.BasicConstraintsExtension(false),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ],
      });
      const key = await webcrypto.subtle.exportKey("pkcs8", own.privateKey);
      return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
    },
  };
}

export function createCertificateDirectory(): CertificateDirectory {
  const path = mkdtempSync(join(tmpdir(), "weft-certificates-"));
  const config = {
    certificateFile: join(path, "tls.crt"),
    keyFile: join(path, "tls.key"),
    trustBundleFile: join(path, "ca.crt"),
  };
  return {
    config,
    write({ certificate, key, bundle }) {
      writeFileSync(config.certificateFile, certificate);
      writeFileSync(config.keyFile, key);
      writeFileSync(config.trustBundleFile, bundle);
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
