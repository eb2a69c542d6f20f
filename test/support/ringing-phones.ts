import { expect } from 'vitest';
import type { AnsweredCall, Binding, LegEnd, LegEvents, SrtpPolicy } from '../../src/telephony/port.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { callWorld, nothingLeft } from './call-world.ts';
import { flowOf } from './flow-builder.ts';
import { offerAt } from './raw-caller.ts';
import { RawPeer } from './raw-peer.ts';

/** Phones at these addresses, of which a test says every word, and one call to all of them. Over TCP somebody else is there: `strangers`. */
export async function ringing(
  addresses: readonly string[],
  more: Partial<Binding> = {},
  strangers: RawPeer[] = [],
  srtp: SrtpPolicy = 'off',
) {
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode'] }), phoneIsThere: false });
  const strangerWires = addresses.map((address) => world.network.wire('tcp', { address, port: 5062 }));
  strangers.push(...strangerWires.map((wire) => new RawPeer(wire)));
  const phones = addresses.map((address) => {
    const wire = world.network.wire('udp', { address, port: 5062 });
    const peer = new RawPeer(wire);
    peer.onMessage = (message, from) => {
      if (message.kind !== 'request') return;
      if (message.method === 'BYE') peer.reply(message, 200, from);
      if (message.method !== 'CANCEL') return;
      peer.reply(message, 200, from);
      peer.reply(peer.last('INVITE'), 487, from, { tag: address });
    };
    return { peer, wire, address };
  });
  const bindings = addresses.map((address): Binding => {
    const source = { address, port: 5062, transport: 'udp' } as const;
    return { key: address, contact: `sip:bob@192.168.1.2:5999`, path: [], source, callId: 'c', cSeq: 1, expiresAtMs: 1e15, ...more };
  });
  const told: string[] = [];
  const state: { early?: AnsweredCall; call?: AnsweredCall; end?: LegEnd } = {};
  const events: LegEvents = {
    sent: () => told.push('sent'),
    ringing: (status) => told.push(String(status)),
    earlyMedia: (call) => {
      state.early = call;
      told.push('early media');
    },
    answered: (call) => {
      state.call = call;
      told.push('answered');
    },
    stateChanged: () => {},
    ended: (end) => {
      state.end = end;
      told.push(`ended ${end.why} ${end.sip ?? ''}`.trim());
    },
  };
  const slot = await world.telephony.reserve();
  const placed = slot.ring({ legId: 'leg', to: 'bob', from: 'alice smith', bindings, ringTimeoutMs: 20_000, srtp }, events);
  await world.clock.advance(2);
  const phone = (at: number) => {
    const one = phones[at];
    if (!one) throw new Error('There is no such phone');
    return one;
  };
  const reply = async (at: number, status: number, answer = offerAt): Promise<void> => {
    const { peer, address } = phone(at);
    const headers = [['Contact', `<sip:bob@${address}:5062>`]] as const;
    const sdp = status === 200 || status === 183 ? { sdp: answer(address) } : {};
    peer.reply(peer.last('INVITE'), status, { address: '10.0.0.1', port: 5060 }, { tag: address, headers, ...sdp });
    await world.clock.advance(5);
  };
  const finish = async (): Promise<void> => {
    await world.clock.advance(100_000);
    for (const wire of [...phones.map(({ wire }) => wire), ...strangerWires]) await wire.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  const invites = (): SipRequest[] => phones.map(({ peer }) => peer.last('INVITE'));
  return { world, phone, told, state, placed, reply, finish, invites };
}
