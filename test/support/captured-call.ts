import { callWorld } from './call-world.ts';
import { flowOf, into, to } from './flow-builder.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'xxxxx', Digits: into('Choice'), Done: to('say'), NoInput: to('say') }],
  say: ['SayNode', { WhatToSay: 'xxxxx', Done: to('bye') }],
  bye: ['HangUpNode'],
});

/** Every datagram of some calls, as they were sent: in clear with digits and a digest, encrypted, with each of the other codecs, refused. */
export async function capturedCalls(): Promise<{ sip: Uint8Array[]; media: Uint8Array[] }> {
  const sip: Uint8Array[] = [];
  const media: Uint8Array[] = [];
  const credentials = { userName: 'ringflow', password: 'secret' };
  const phones = [
    { phone: { digits: '1', digitsAfterMs: 300, credentials }, credentials },
    { phone: { digits: '2', digitsAfterMs: 300 }, srtp: 'required' },
    { phone: {}, srtp: 'optional', trunk: { codecs: ['opus', 'G722', 'PCMU', 'PCMA'] } },
    { phone: { digits: '3', digitsAfterMs: 300 }, trunk: { codecs: ['G722', 'opus'] } },
    { phone: {}, trunk: { codecs: ['PCMA'] } },
    { phone: { reject: 486 } },
  ] as const;
  for (const options of phones) {
    const world = callWorld({
      flow,
      ...options,
      filter: (bytes, from, to) => {
        (from.port === 5060 && to.port === 5060 ? sip : media).push(Uint8Array.from(bytes));
        return 'pass';
      },
    });
    await world.over(await world.call());
    await world.finish();
  }
  return { sip, media };
}
