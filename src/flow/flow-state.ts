import type { PlainStruct } from './plain-value.ts';

/** A flow that waits for the flow it runs, or the flow that runs. Plain JSON. */
export interface FlowPosition {
  readonly flowId: string;
  readonly version: number;
  readonly nodeId: string;
  /** What the parameters of the flow hold. */
  readonly parameters: PlainStruct;
}

/** An asynchronous transition that is followed once the call is over. Plain JSON. */
export interface AfterCall {
  /** The flows, the outermost first, with the node that was left. */
  readonly positions: readonly FlowPosition[];
  readonly transition: string;
}

/** Where a call is in its flow. Plain JSON: kept, and handed to `resumeFlow`, it goes on at the same node in another process. */
export interface FlowState {
  /** The flows that run, the outermost first; the node of the last one comes next. */
  readonly positions: readonly FlowPosition[];
  /** What flows have written into Session. */
  readonly session: PlainStruct;
  readonly steps: number;
  readonly afterCall: readonly AfterCall[];
}
