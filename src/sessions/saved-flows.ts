import type { Flows } from '../directory/flows.ts';
import { CallPrompts, type PromptMaker } from '../flow/call-prompts.ts';
import { prepareFlow } from '../flow/prepare-flow.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Changes } from '../store/changes.ts';
import type { CompiledFlows } from './compiled-flows.ts';

export interface SavedFlowsOptions {
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly flows: Pick<Flows, 'load'>;
  readonly compiledFlows: CompiledFlows;
  readonly sounds: (accountId: string) => PromptMaker;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/** A call of nobody: texts that name its numbers are left to real calls. */
const nobody = { session: { Id: '', From: '', To: '' } };

/** Speaks the fixed texts of a flow when it is saved, so that the first call does not wait for them. Calls that come earlier share the work. */
export function speakSavedFlows(options: SavedFlowsOptions): void {
  const { changes, log } = options;
  changes.subscribe((change) => {
    if (change?.kind !== 'flow') return;
    speak(change.id, options).catch((error: unknown) =>
      log.warn({ err: error, flowId: change.id }, 'A saved flow could not be made ready'),
    );
  });
}

async function speak(flowId: string, { flows, compiledFlows, sounds, clock, signal }: SavedFlowsOptions): Promise<void> {
  const stored = await flows.load(flowId);
  if (!stored) return;
  const loadFlow = (id: string) => compiledFlows.find(stored.accountId, id);
  await prepareFlow(compiledFlows.of(stored), nobody, {
    clock,
    signal,
    loadFlow,
    prompts: new CallPrompts(sounds(stored.accountId), signal),
  });
}
