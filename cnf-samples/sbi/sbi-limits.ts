/** Configuration that every function with a service-based interface has. */
import { z } from "zod";
import { hostField, portField } from "../config-fields.ts";

export const sbiFields = {
  host: hostField,
  port: portField(8000),
  bodyBytesMax: z.int().min(1024).default(65_536).describe("Largest request or response body, bytes"),
  sessionsMax: z.int().min(1).default(256).describe("HTTP/2 connections accepted at once"),
  streamsPerConnectionMax: z.int().min(1).default(128).describe("Requests under way at once on one connection"),
  connectionsPerUpstream: z.int().min(1).max(64).default(2).describe("Persistent HTTP/2 connections to each upstream"),
  requestsPerConnectionMax: z
    .int()
    .min(1)
    .default(256)
    .describe("Requests after which a connection is closed in good order and opened anew, so that new splits reach it"),
  queueLengthMax: z.int().min(0).default(1024).describe("Requests that may wait for a stream, per upstream"),
  requestTimeoutMs: z.int().min(1).default(5000).describe("Time an upstream has to answer a request"),
  idleTimeoutMs: z.int().min(1000).default(120_000).describe("Silence after which an accepted connection is closed"),
  heartbeatMs: z.int().min(100).default(10_000).describe("Interval of the heartbeats to the NRF, before it names one"),
};

export interface SbiServerLimits {
  readonly bodyBytesMax: number;
  readonly sessionsMax: number;
  readonly streamsPerConnectionMax: number;
  readonly idleTimeoutMs: number;
}

export interface SbiClientLimits {
  readonly bodyBytesMax: number;
  readonly streamsPerConnectionMax: number;
  readonly connectionsPerUpstream: number;
  readonly requestsPerConnectionMax: number;
  readonly queueLengthMax: number;
  readonly requestTimeoutMs: number;
}

export type SbiConfig = SbiServerLimits &
  SbiClientLimits & { readonly host: string; readonly port: number; readonly heartbeatMs: number };
