import type { FunctionOutage, Measurement, Prediction, RefusedRendering, ServiceFunctionPath } from "../model/chain.ts";
import type { Condition } from "../model/condition.ts";

/** What the chain controller may change in the cluster. Every call throws WeftError kubernetes-* when it fails. */
export interface ChainWriter {
  /** Owned by its chain, so that deleting the chain deletes it. */
  createPath(path: ServiceFunctionPath): Promise<void>;
  setPathActive(path: ServiceFunctionPath, isActive: boolean): Promise<void>;
  /** Deleting what is gone already is no error. */
  deletePath(namespace: string, name: string): Promise<void>;
  readChainStatus(namespace: string, name: string): Promise<ChainStatus | undefined>;
  updateChainStatus(namespace: string, name: string, status: ChainStatus): Promise<void>;
}

export interface ChainStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  /** SPI of the active path. */
  readonly spi?: number | undefined;
  readonly prediction?: Prediction | undefined;
  /** Undefined before the first measurement. */
  readonly measured?: Measurement | undefined;
  /** Undefined where every function has an instance, or the chain is not accepted. */
  readonly outages?: readonly FunctionOutage[] | undefined;
  /** Undefined where nothing was taken back. */
  readonly refused?: readonly RefusedRendering[] | undefined;
}
