/** The whole 5G core in one process, function to function without proxies, driven by the load generator. */
import { afterEach, describe, expect, test } from "vitest";
import { startTestCore, type TestCore } from "./cnf-samples-setup.ts";

let core: TestCore | undefined;

afterEach(async () => {
  await core?.stop();
  core = undefined;
});

const load = { arrivalsPerSecond: 200, ueCount: 20, concurrencyMax: 20, requestsPerSession: 3, objectBytes: 8192 };

describe("twenty UEs", () => {
  test("register, use a session and leave, and every byte of the user plane is right", async () => {
    core = await startTestCore();
    const figures = await core.drive({ ...load, uploadBytes: 6000 });
    const everyUe = { succeeded: 20, failures: {} };
    expect(figures.procedures).toMatchObject({
      registration: everyUe,
      session: everyUe,
      request: { succeeded: 60, failures: {} },
      release: everyUe,
      deregistration: everyUe,
    });
    expect(figures).toMatchObject({ uesServed: 20, bodiesIdentical: 40 });
    expect(core.statistics("dn")).toMatchObject({ objects: 40, objectBytes: 40 * 8192, sinkBytes: 20 * 6000 });
    expect(core.statistics("upf")).toMatchObject({ sessions: 0, sessionsCreated: 20, sessionsDeleted: 20 });
    expect(core.statistics("amf")).toMatchObject({ ues: 0, registrationsAccepted: 20, sessionsReleased: 20 });
  });

  test("are served by any replica of the functions in between", async () => {
    core = await startTestCore({ replicas: { ausf: 2, udm: 2, udr: 2, pcf: 2, smf: 2 } });
    const figures = await core.drive(load);
    expect(figures).toMatchObject({ uesServed: 20 });
    expect(figures.uesFailed).toBeUndefined();
  });

  test("come again and get newer challenges", async () => {
    core = await startTestCore();
    const figures = await core.drive({ ...load, ueRange: 4, arrivalsPerSecond: 20 });
    expect(figures).toMatchObject({ uesServed: 20 });
  });
});

describe("a UE is refused", () => {
  const cases = [
    {
      name: "whose SUPI is unknown, with 5GMM cause 3",
      config: { firstMsin: 2_000_000 },
      cause: "5gmm-cause-3",
      of: "registration",
    },
    {
      name: "whose SIM has other keys, by itself",
      config: { subscriberSeed: "forged" },
      cause: "mac-failure",
      of: "registration",
    },
    {
      name: "that wants a data network it has not subscribed, with 5GSM cause 27",
      config: { dnn: "factory" },
      cause: "5gsm-cause-27",
      of: "session",
    },
    {
      name: "that wants a slice it has not subscribed, with 5GSM cause 69",
      config: { sst: 9 },
      cause: "5gsm-cause-69",
      of: "session",
    },
  ];
  test.each(cases)("$name", async ({ config, cause, of }) => {
    core = await startTestCore();
    const { procedures } = await core.drive({ ...load, ueCount: 2, ...config });
    expect(procedures[of]).toMatchObject({ succeeded: 0, failures: { [cause]: 2 } });
  });
});

test("a function that is down is a cause, not a hang", async () => {
  core = await startTestCore();
  await core.stopFunction("udr");
  const { procedures } = await core.drive({ ...load, ueCount: 2 });
  expect(procedures.registration).toMatchObject({ succeeded: 0, failures: { "5gmm-cause-22": 2 } });
});

test("a UPF that was restarted is associated with again", async () => {
  core = await startTestCore();
  expect(await core.drive({ ...load, ueCount: 1 })).toMatchObject({ uesServed: 1 });
  await core.restartFunction("upf");
  expect(await core.drive({ ...load, ueCount: 2 })).toMatchObject({ uesServed: 2 });
  expect(core.statistics("upf")).toMatchObject({ sessionsCreated: 2 });
});

test("every function is registered with the NRF, and gone from it when stopped", async () => {
  core = await startTestCore();
  await core.untilRegistered();
  expect(core.statistics("nrf")).toMatchObject({ instances: { UDR: 1, UDM: 1, AUSF: 1, PCF: 1, SMF: 1, AMF: 1 } });
  await core.stopFunction("ausf");
  expect(core.statistics("nrf").instances).not.toHaveProperty("AUSF");
});

test("sessions go with the gNB that is lost", async () => {
  core = await startTestCore();
  const gnb = await core.startGnb({ ...load, ueCount: 3, arrivalsPerSecond: 1000, requestsPerSession: 10_000 });
  await core.until("three sessions", () => core?.statistics("upf").sessions === 3);
  await gnb.stop();
  await core.until("no session", () => core?.statistics("upf").sessions === 0);
});
