/** Whether this replica leads: at most one of several does at any time. */
export interface Leadership {
  readonly isLeader: boolean;
  /** Calls on every change; the answer unsubscribes. */
  subscribe(listener: (isLeader: boolean) => void): () => void;
  /** Gives the lead up at once, so that another need not wait for it to expire. */
  stop(): Promise<void>;
}
