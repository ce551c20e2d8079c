/** Where on the path of a chain a flow is, and who has it next. */
export interface FlowPlace {
  readonly chain: string;
  readonly spi: number;
  /** `classifier`, or the service index with which it came here. */
  readonly at: string;
  /** Empty where there is none. */
  readonly function: string;
  /** The pod that was dialled, as `namespace/name`; undefined for this pod's own application. */
  readonly next: string | undefined;
}
