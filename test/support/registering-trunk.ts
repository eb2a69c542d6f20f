import { expect } from 'vitest';
import { passwordPurpose } from '../../src/directory/trunk-members.ts';
import { TrunkRegistrations } from '../../src/directory/trunk-registrations.ts';
import { transportName } from '../../src/directory/trunk-targets.ts';
import type { Logger } from '../../src/kernel/log.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { ChangeListener } from '../../src/store/changes.ts';
import type { TrunkSettings } from '../../src/store/schema.ts';
import { secretBox } from '../../src/store/secret-box.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { callWorld, type WorldOptions } from './call-world.ts';
import { flowOf } from './flow-builder.ts';
import { RawPeer, type RawReply } from './raw-peer.ts';

export const REGISTRAR = '10.0.2.1';
export const OTHER_REGISTRAR = '10.0.2.2';
const box = secretBox('the secret of the tests');

export type RegistrarAnswer = readonly [status: number, reply?: RawReply, afterMs?: number];

/** A server with one trunk that registers, over UDP if `transport` says nothing else, and a registrar that answers as a test says; without a word it is silent. */
export function registeringTrunk(
  answer: (request: SipRequest, nth: number) => RegistrarAnswer | undefined,
  settings: TrunkSettings = {},
  options: Partial<WorldOptions> = {},
) {
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode'] }), ...options });
  const requests: SipRequest[] = [];
  const sources: Endpoint[] = [];
  const { transport = 'udp' } = options;
  const listen = (address: string) => {
    const wire = world.network.wire(transport, { address, port: 5060 });
    const peer = new RawPeer(wire);
    peer.onMessage = (message, from) => {
      if (message.kind !== 'request') return;
      requests.push(message);
      sources.push(from);
      const said = answer(message, requests.length);
      if (!said) return;
      const [status, reply, afterMs] = said;
      const send = (): void => peer.reply(message, status, from, { tag: 'r', ...reply });
      if (afterMs === undefined) send();
      else world.clock.after(afterMs, send);
    };
    return wire;
  };
  const wires = [listen(REGISTRAR)];
  const trunk: TrunkSettings = { registration: { isEnabled: true }, ...settings };
  const row = {
    id: 'trunk-1',
    host: REGISTRAR,
    port: 5060,
    transport: transportName(transport),
    userName: 'alice',
    passwordBox: box.seal('secret', passwordPurpose('trunk-1')),
    trunk,
  };
  const stored: { rows: (typeof row)[]; ours: boolean | Error } = { rows: [row], ours: true };
  const lines: string[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  const log: Logger = { ...silentLogger, info: note, warn: note, error: note };
  let changed: ChangeListener = () => {};
  const registrations = new TrunkRegistrations({
    endpoints: { trunkRows: async () => stored.rows },
    changes: {
      subscribe: (listener) => {
        changed = listener;
        return () => {};
      },
    },
    box,
    telephony: world.telephony,
    isOurs: async () => {
      if (stored.ours instanceof Error) throw stored.ours;
      return stored.ours;
    },
    clock: world.clock,
    random: seededRandom(3),
    log,
  });
  return {
    world,
    requests,
    /** Where each of them came from. */
    sources,
    stored,
    lines,
    registrations,
    row,
    listen: (address: string) => void wires.push(listen(address)),
    /** The registrar listens no more. */
    goAway: async () => {
      for (const wire of wires.splice(0)) await wire.close();
    },
    change: () => changed({ kind: 'endpoint', id: 'trunk-1' }),
    state: () => registrations.stateOf('trunk-1')?.state,
    expires: () => requests.map(({ headers }) => headers.first('Expires')),
    async finish() {
      let closed = false;
      void registrations.close().then(() => {
        closed = true;
      });
      expect(await world.clock.runUntil(() => closed, 60_000)).toBe(true);
      for (const wire of wires) await wire.close();
      return world.finish();
    },
  };
}

export const granted = (seconds: number, afterMs = 0): RegistrarAnswer => [
  200,
  { headers: [['Contact', `<sip:alice@10.0.0.1:5060>;expires=${seconds}`]] },
  afterMs,
];
