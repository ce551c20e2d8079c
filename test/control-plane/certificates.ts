/** The certificates of a control plane that lives for one test run. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export type KeyPair = { readonly certificatePem: string; readonly keyPem: string };

export type Certificates = {
  readonly caPem: string;
  /** For every server of the control plane: 127.0.0.1, localhost and the names of the `kubernetes` service. */
  readonly server: KeyPair;
  readonly admin: KeyPair;
  readonly scheduler: KeyPair;
  readonly controllerManager: KeyPair;
  /** Signs service account tokens. */
  readonly serviceAccount: { readonly publicKeyPem: string; readonly privateKeyPem: string };
};

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 3600_000;
const serverNames: x509.JsonGeneralNames = [
  { type: "ip", value: "127.0.0.1" },
  { type: "ip", value: "10.0.0.1" },
  { type: "dns", value: "localhost" },
  { type: "dns", value: "kubernetes.default.svc" },
];

/** Valid from one day before `now` to thirty days after it. */
export async function issueCertificates(now: Date): Promise<Certificates> {
  const validity = { notBefore: new Date(now.getTime() - dayMs), notAfter: new Date(now.getTime() + 30 * dayMs) };
  const caKeys = await generateKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=weft-test-ca",
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
    ...validity,
  });
  const issuer: Issuer = { ca, signingKey: caKeys.privateKey, ...validity };
  const serviceAccountKeys = await generateKeys();
  return {
    caPem: ca.toString("pem"),
    server: await issueServer(issuer, "CN=weft-test-control-plane"),
    admin: await issueClient(issuer, "O=system:masters, CN=admin"),
    scheduler: await issueClient(issuer, "CN=system:kube-scheduler"),
    controllerManager: await issueClient(issuer, "CN=system:kube-controller-manager"),
    serviceAccount: {
      publicKeyPem: x509.PemConverter.encode(
        await webcrypto.subtle.exportKey("spki", serviceAccountKeys.publicKey),
        "PUBLIC KEY",
      ),
      privateKeyPem: await privateKeyPem(serviceAccountKeys),
    },
  };
}

type Issuer = {
  readonly ca: x509.X509Certificate;
  readonly signingKey: CryptoKey;
  readonly notBefore: Date;
  readonly notAfter: Date;
};

function issueServer(issuer: Issuer, subject: string): Promise<KeyPair> {
  return issue(issuer, subject, [
    new x509.SubjectAlternativeNameExtension(serverNames),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ]);
}

function issueClient(issuer: Issuer, subject: string): Promise<KeyPair> {
  return issue(issuer, subject, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);
}

async function issue(issuer: Issuer, subject: string, extensions: x509.Extension[]): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.ca.subject,
    publicKey: keys.publicKey,
    signingKey: issuer.signingKey,
    signingAlgorithm: algorithm,
    notBefore: issuer.notBefore,
    notAfter: issuer.notAfter,
    extensions: [
      ...extensions,
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { certificatePem: certificate.toString("pem"), keyPem: await privateKeyPem(keys) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}
