import type { Prompt } from '../telephony/port.ts';
import type { DataScopes } from './data-scopes.ts';
import type { DialOrder, NodeContext, PromptRequest } from './define-node.ts';
import type { FlowHost, PromptSource } from './flow-host.ts';
import type { PartyOrder } from './second-party.ts';

/** What nodes are given to work with, for one run of a flow. */
export function newNodeContext(host: FlowHost, data: DataScopes): NodeContext {
  const { call, clock, signal, recordings, recording } = host;
  return {
    call,
    clock,
    signal,
    recording,
    // Not async: a prompt that is ready has to reach the call in this turn.
    play(request, rules) {
      const prompt = findPrompt(host.prompts, request, signal);
      return isPromise(prompt)
        ? untilAborted(prompt, signal).then((ready) => call.play(ready, rules, signal))
        : call.play(prompt, rules, signal);
    },
    async record(rules) {
      const path = recordings.newPath();
      const recorded = await call.record({ ...rules, path }, signal).catch((error: unknown) => {
        recordings.leave(path);
        throw error;
      });
      if (recorded.heard) return { fileId: await recordings.save(recorded), durationMs: recorded.durationMs };
      await recordings.discard(recorded);
      return { fileId: undefined, durationMs: recorded.durationMs };
    },
    dial: async (order) => host.secondParty.call(await withPrompts(host, order), signal),
    transferTo: async (order) => host.secondParty.transferTo(await withPrompts(host, order), signal),
    async conference({ announcement, music, ...order }) {
      const ready = (request: PromptRequest | undefined): Promise<Prompt> | undefined =>
        request && untilAborted(Promise.resolve(findPrompt(host.prompts, request, signal)), signal);
      const holdMusic = (): Promise<Prompt> => untilAborted(Promise.resolve(host.prompts.holdMusic()), signal);
      const [announced, played] = await Promise.all([ready(announcement), ready(music) ?? holdMusic()]);
      return host.conference.join({ ...order, announcement: announced, music: played }, signal);
    },
    async hold(music) {
      return host.hold.hold(await untilAborted(Promise.resolve(findPrompt(host.prompts, music, signal)), signal));
    },
    resume: () => host.hold.resume(),
    write: (scope, name, value) => data.write(scope, name, value),
    log: (message) => host.observe({ kind: 'log', atMs: clock.now(), pii: { message } }),
  };
}

/** An order with the prompts that it asks for. */
async function withPrompts<Order extends Pick<DialOrder, 'meanwhile' | 'whisper'>>(
  { prompts, signal }: FlowHost,
  order: Order,
): Promise<Omit<Order, 'meanwhile' | 'whisper'> & Pick<PartyOrder, 'meanwhile' | 'whisper'>> {
  const { meanwhile, whisper, ...rest } = order;
  const [played, whispered] = await Promise.all([
    untilAborted(Promise.resolve(findPrompt(prompts, meanwhile, signal)), signal),
    whisper && untilAborted(Promise.resolve(findPrompt(prompts, whisper, signal)), signal),
  ]);
  return { ...rest, meanwhile: played, whisper: whispered };
}

/** Asks the source for what a node wants to be played. */
export function findPrompt(source: PromptSource, request: PromptRequest, signal: AbortSignal): Prompt | Promise<Prompt> {
  switch (request.kind) {
    case 'speech':
      return source.speech(request.text, request.voice, signal);
    case 'file':
      return source.file(request.fileId, signal);
    case 'beep':
      return source.beep();
    case 'ringing':
      return source.ringing();
    case 'hold-music':
      return source.holdMusic();
  }
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** `promise`, but not longer than until `signal` is aborted; then it rejects with the signal's reason. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
