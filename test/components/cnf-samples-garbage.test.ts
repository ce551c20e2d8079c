/** What a function does with bytes that are none of its protocol: refuses, counts, and serves on. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import * as http2 from "node:http2";
import { connect } from "node:net";
import { buffer, json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sampleCatalogue } from "../../cnf-samples/catalogue.ts";
import { decodeGtpu, encodeEcho, encodeGPdu } from "../../cnf-samples/gtpu/gtpu-message.ts";
import { encodeFrame, FrameReader } from "../../cnf-samples/n2/length-frame.ts";
import { nodeId } from "../../cnf-samples/pfcp/addresses.ts";
import { elementTypes, uint32 } from "../../cnf-samples/pfcp/information-element.ts";
import { encodePfcp, messageTypes } from "../../cnf-samples/pfcp/pfcp-message.ts";
import { establishmentElements } from "../../cnf-samples/pfcp/session-requests.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { startTestCore, type TestCore, testDeps } from "./cnf-samples-setup.ts";

let core: TestCore;

beforeEach(async () => {
  core = await startTestCore();
});

afterEach(async () => {
  await core.stop();
});

const garbage = Buffer.from("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n");

async function expectToServe(): Promise<void> {
  const figures = await core.drive({ ueCount: 1, requestsPerSession: 1 });
  expect(figures).toMatchObject({ uesServed: 1 });
}

describe("on N2", () => {
  const dial = () => connect({ host: core.host("amf"), port: 38_412 });

  test("bytes that are no frames end the connection", async () => {
    const socket = dial();
    socket.write(garbage);
    await buffer(socket);
    expect(core.statistics("amf")).toMatchObject({ n2Broken: 1, gnbs: 0 });
    await expectToServe();
  });

  const faults = [
    {
      name: "an unknown message",
      message: { message: "Hello" },
      cause: "abstract-syntax-error-reject",
      detail: "message: ",
    },
    {
      name: "a message without its fields",
      message: { message: "NGSetupRequest" },
      cause: "abstract-syntax-error-reject",
      detail: "globalRanNodeId: ",
    },
    {
      name: "a UE before the setup",
      message: { message: "UEContextReleaseComplete", ranUeNgapId: 1, amfUeNgapId: 1 },
      cause: "message-not-compatible-with-receiver-state",
      detail: "the NG setup",
    },
  ];
  test.each(faults)("$name is answered with an error that names the field", async ({ message, cause, detail }) => {
    const socket = dial();
    socket.write(encodeFrame(message));
    const [chunk] = (await once(socket, "data")) as [Buffer];
    const [event] = new FrameReader().read(chunk);
    expect(event).toMatchObject({
      kind: "frame",
      json: { message: "ErrorIndication", cause, detail: expect.stringContaining(detail) },
    });
    socket.destroy();
    await expectToServe();
  });

  test("a wrong RES* is rejected by the AMF itself", async () => {
    const socket = dial();
    const userLocation = { nrCellId: "1", tac: "000001" };
    const received: Record<string, unknown>[] = [];
    const reader = new FrameReader();
    socket.on("data", (chunk) => {
      for (const event of reader.read(Buffer.from(chunk))) {
        if (event.kind === "frame") received.push(event.json as Record<string, unknown>);
      }
    });
    const next = async (count: number) => {
      await core.until(`${count} messages`, () => received.length === count);
      return received.at(-1);
    };
    socket.write(
      encodeFrame({ message: "NGSetupRequest", globalRanNodeId: "g", ranNodeName: "g", supportedTacs: ["000001"] }),
    );
    await next(1);
    const register = {
      type: "RegistrationRequest",
      registrationType: "initial",
      mobileIdentity: "imsi-001010000000001",
      requestedNssai: [],
    };
    socket.write(
      encodeFrame({
        message: "InitialUEMessage",
        ranUeNgapId: 1,
        nasPdu: register,
        userLocation,
        rrcEstablishmentCause: "x",
      }),
    );
    const challenge = await next(2);
    expect(challenge).toMatchObject({ nasPdu: { type: "AuthenticationRequest" } });
    const { amfUeNgapId } = challenge as { amfUeNgapId: number };
    const nasPdu = { type: "AuthenticationResponse", resStar: "00".repeat(16) };
    socket.write(encodeFrame({ message: "UplinkNASTransport", ranUeNgapId: 1, amfUeNgapId, nasPdu, userLocation }));
    expect(await next(4)).toMatchObject({ message: "UEContextReleaseCommand", cause: "authentication-failure" });
    expect(received[2]).toMatchObject({ nasPdu: { type: "AuthenticationReject" } });
    expect(core.statistics("amf")).toMatchObject({ hresMismatches: 1 });
    socket.destroy();
  });
});

describe("on the UPF", () => {
  let socket: UdpSocket;

  beforeEach(async () => {
    socket = createSocket("udp4");
    socket.bind({ address: "127.0.0.1", port: 0 });
    await once(socket, "listening");
  });

  afterEach(() => {
    socket.close();
  });

  const upf = () => core.host("upf");

  test("datagrams that are no PFCP are counted", async () => {
    for (const bytes of [garbage, Buffer.alloc(0), Buffer.from("2032000c", "hex")]) socket.send(bytes, 8805, upf());
    await core.until("they are counted", () => {
      const { n4 } = core.statistics("upf") as { n4: Record<string, number> };
      return (n4.pfcpMalformed ?? 0) + (n4.pfcpVersionRefused ?? 0) === 3;
    });
    await expectToServe();
  });

  test("datagrams that are no GTP-U are counted", async () => {
    for (const bytes of [garbage, Buffer.alloc(3), Buffer.from("50ff000000000005", "hex")])
      socket.send(bytes, 2152, upf());
    await core.until("they are counted", () => core.statistics("upf").gtpuMalformed === 3);
    await expectToServe();
  });

  test("a repeated request gets the same answer again and makes no second session", async () => {
    const answers: Buffer[] = [];
    socket.on("message", (datagram) => answers.push(datagram));
    const node = "127.0.0.1";
    const setup = [nodeId(node), uint32(elementTypes.recoveryTimeStamp, 1)];
    const session = establishmentElements({
      node,
      cp: { seid: 5n, address: node },
      ueAddress: "10.60.0.1",
      dnn: "internet",
    });
    socket.send(encodePfcp({ type: messageTypes.associationSetupRequest, sequence: 1, elements: setup }), 8805, upf());
    const request = encodePfcp({
      type: messageTypes.sessionEstablishmentRequest,
      seid: 0n,
      sequence: 2,
      elements: session,
    });
    for (let count = 0; count < 2; count++) socket.send(request, 8805, upf());
    await core.until("three answers", () => answers.length === 3);
    expect(answers[2]).toEqual(answers[1]);
    expect(core.statistics("upf")).toMatchObject({ sessions: 1, n4: { pfcpRepeated: 1 } });
  });

  test("a payload for no tunnel gets an error indication, an echo its answer", async () => {
    const datagrams: Buffer[] = [];
    socket.on("message", (datagram) => datagrams.push(datagram));
    socket.send(encodeGPdu({ teid: 0xdeadbeef, sequence: 1, qfi: 9, payload: garbage }, "uplink"), 2152, upf());
    socket.send(encodeEcho("echo-request", 77), 2152, upf());
    await core.until("both answers", () => datagrams.length === 2);
    expect(datagrams.map(decodeGtpu)).toMatchObject([
      { message: { kind: "error-indication", tunnel: { teid: 0xdeadbeef, address: upf() } } },
      { message: { kind: "echo-response", sequence: 77 } },
    ]);
  });
});

describe("on the service-based interface", () => {
  const dial = () => http2.connect(`http://${core.host("udr")}:8000`);

  async function ask(
    headers: http2.OutgoingHttpHeaders,
    body?: Buffer,
  ): Promise<{ status: number; body: unknown; headers: http2.IncomingHttpHeaders }> {
    const session = dial();
    const stream = session.request(headers);
    stream.on("error", () => undefined);
    stream.end(body);
    const [response] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & { ":status": number }];
    const answer = { status: response[":status"], headers: response, body: await json(stream) };
    session.destroy();
    return answer;
  }

  const path = "/nudr-dr/v2/subscription-data/imsi-001010000000001/context-data/amf-3gpp-access";

  test("bytes that are not HTTP/2 end the connection", async () => {
    const socket = connect({ host: core.host("udr"), port: 8000 });
    socket.on("error", () => undefined).resume();
    socket.write(garbage);
    await once(socket, "close");
    await core.until(
      "it is counted",
      () => (core.statistics("udr").server as Record<string, number>).protocolErrors === 1,
    );
    await expectToServe();
  });

  const refused = [
    {
      name: "an unknown SUPI",
      headers: { ":path": "/nudr-dr/v2/policy-data/ues/imsi-999990000000001/am-data" },
      status: 404,
      cause: "USER_NOT_FOUND",
    },
    {
      name: "an unknown path",
      headers: { ":path": "/nudr-dr/v9/x" },
      status: 404,
      cause: "RESOURCE_URI_STRUCTURE_NOT_FOUND",
    },
    {
      name: "a method not allowed",
      headers: { ":method": "POST", ":path": path },
      status: 405,
      cause: "METHOD_NOT_ALLOWED",
    },
    {
      name: "a body that is not JSON",
      headers: { ":method": "PUT", ":path": path, "content-type": "application/json" },
      body: Buffer.from("{"),
      status: 400,
      cause: "INVALID_MSG_FORMAT",
    },
    {
      name: "a body over the limit",
      headers: { ":method": "PUT", ":path": path, "content-type": "application/json" },
      body: Buffer.alloc(100_000, " "),
      status: 413,
      cause: "PAYLOAD_TOO_LARGE",
    },
  ];
  test.each(refused)("$name is refused with its problem", async ({ headers, body, status, cause }) => {
    const answer = await ask(headers, body);
    expect(answer).toMatchObject({ status, body: { status, cause } });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });

  test("a SUCI in a scheme nobody here knows is refused with the parameter", async () => {
    const session = http2.connect(`http://${core.host("ausf")}:8000`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/nausf-auth/v1/ue-authentications",
      "content-type": "application/json",
    });
    stream.end(
      JSON.stringify({
        supiOrSuci: "suci-0-001-01-0-1-1-abcd",
        servingNetworkName: "5G:mnc001.mcc001.3gppnetwork.org",
      }),
    );
    expect(await json(stream)).toMatchObject({ status: 400, invalidParams: [{ param: "supiOrSuci" }] });
    session.destroy();
  });
});

test("a gNB whose AMF is not there says so once, and goes on asking", async () => {
  const said: string[] = [];
  const { configSchema, start } = sampleCatalogue.gnb;
  const upstreams = { amf: "tcp://127.0.0.1:1" };
  const config = configSchema.parse({ host: "127.255.0.9", upstreams, n2Connections: 2 });
  const gnb = await start(config, { ...testDeps, log: { ...testDeps.log, warn: (message) => said.push(message) } });
  const connects = () => Number(gnb.statistics().n2Connects);
  await waitUntil(() => connects() > 2, { what: "a second try", timeoutMs: 10_000 });
  await gnb.stop();
  expect(said).toEqual(["the AMF does not answer; it is asked again and again"]);
});
