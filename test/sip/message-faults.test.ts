import { describe, expect, it } from 'vitest';
import { makeChallenge, verifyAuthorization } from '../../src/telephony/sip/digest.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { ANSWER, CALLER, CallLog, request, type SipScene, sipScene, startLine } from '../support/sip-agents.ts';

/** One kind of call: how the callee acts, what the caller does, and the one right end of it. */
interface Exchange {
  readonly name: string;
  readonly callee: (invite: IncomingInvite, scene: SipScene) => void;
  /** Returns what it did, to be compared with `right`. */
  readonly caller: (scene: SipScene, call: CallLog) => void;
  readonly right: (call: CallLog) => boolean;
}

const challenge = { realm: 'r', nonce: 'n1', algorithm: 'MD5', qop: 'auth', stale: false } as const;

const answer = (invite: IncomingInvite, scene: SipScene): void => {
  invite.ring();
  scene.clock.after(2_000, () => void invite.answer(ANSWER).catch(() => {}));
};

const exchanges: readonly Exchange[] = [
  {
    name: 'answered, the caller hangs up',
    callee: answer,
    caller: (scene, call) => {
      call.onAnswered = (dialog) => scene.clock.after(5_000, () => void dialog.bye());
      scene.caller.invite(request(), call);
    },
    right: (call) => call.end?.by === 'us',
  },
  {
    name: 'answered, the callee hangs up',
    callee: (invite, scene) => {
      invite.ring();
      scene.clock.after(2_000, async () => {
        const dialog = await invite.answer(ANSWER);
        scene.clock.after(5_000, () => void dialog.bye());
      });
    },
    caller: (scene, call) => void scene.caller.invite(request(), call),
    right: (call) => call.end?.by === 'peer',
  },
  {
    name: 'busy',
    callee: (invite) => invite.reject(486),
    caller: (scene, call) => void scene.caller.invite(request(), call),
    right: (call) => call.failure?.why === 'response' && call.failure.status === 486,
  },
  {
    name: 'not answered, cancelled after 20 s',
    callee: (invite) => invite.ring(),
    caller: (scene, call) => {
      const invite = scene.caller.invite(request(), call);
      scene.clock.after(20_000, () => invite.cancel());
    },
    right: (call) => call.failure?.why === 'cancelled',
  },
  {
    name: 'answered and cancelled in the same moment',
    callee: answer,
    caller: (scene, call) => {
      const invite = scene.caller.invite(request(), call);
      scene.clock.after(2_000, () => {
        invite.cancel();
        void call.dialog?.bye();
      });
    },
    right: (call) => call.failure?.why === 'cancelled' || call.end?.by === 'us',
  },
  {
    name: 'challenged, then answered',
    callee: (invite, scene) => {
      const authorization = invite.headers.first('Proxy-Authorization');
      const check = { method: 'INVITE', uri: invite.requestUri, userName: 'u', password: 'p', challenge };
      if (authorization !== undefined && verifyAuthorization({ authorization, ...check }) === 'valid') answer(invite, scene);
      else invite.reject(407, undefined, [['Proxy-Authenticate', makeChallenge(challenge)]]);
    },
    caller: (scene, call) => {
      call.onAnswered = (dialog) => scene.clock.after(5_000, () => void dialog.bye());
      scene.caller.invite(request('udp', { credentials: { userName: 'u', password: 'p' } }), call);
    },
    right: (call) => call.end?.by === 'us',
  },
];

/** Runs one exchange with a fault. Answers its log, the messages of both directions in order, and the scene. */
async function run(exchange: Exchange, fault: (nth: number, name: string) => Verdict) {
  let nth = 0;
  const names: string[] = [];
  const scene: SipScene = sipScene(
    (invite) => exchange.callee(invite, scene),
    (bytes, from) => {
      const name = `${from.address === CALLER.address ? '->' : '<-'} ${startLine(Buffer.from(bytes).toString())}`;
      names.push(name);
      return fault(nth++, name);
    },
  );
  const call = new CallLog();
  exchange.caller(scene, call);
  await scene.clock.advance(200_000);
  return { call, names, scene };
}

describe.each(exchanges)('a call that is $name', (exchange) => {
  const faults: Record<string, (at: number, names: readonly string[]) => (nth: number, name: string) => Verdict> = {
    'is lost': (at) => (nth) => (nth === at ? 'drop' : 'pass'),
    'is lost together with its first repetition': (at, names) => {
      let lost = 0;
      return (nth, name) => (nth >= at && name === names[at] && lost++ < 2 ? 'drop' : 'pass');
    },
    'arrives twice': (at) => (nth) => (nth === at ? 'duplicate' : 'pass'),
    'arrives after its own repetition': (at) => (nth) => (nth === at ? { delayMs: 700 } : 'pass'),
    'arrives behind its successor': (at) => (nth) => (nth === at ? { delayMs: 60 } : 'pass'),
    'arrives 3 s late': (at) => (nth) => (nth === at ? { delayMs: 3_000 } : 'pass'),
  };

  it.each(Object.keys(faults))('ends right when any one of its messages %s', async (fault) => {
    const { names, call } = await run(exchange, () => 'pass');
    expect(exchange.right(call), names.join(' ')).toBe(true);
    expect(names.length).toBeGreaterThan(3);
    for (const [at, name] of names.entries()) {
      const verdict = faults[fault]?.(at, names);
      if (!verdict) throw new Error('unreachable');
      const faulty = await run(exchange, verdict);
      const what = `${fault}: message ${at} ${name} in ${faulty.names.join(', ')}; ${faulty.call.events.join(', ')}`;
      expect(exchange.right(faulty.call), what).toBe(true);
      expect(faulty.scene.leftovers(), what).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('ends right under heavy random loss, repetition and reordering, or fails cleanly', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      let state = seed;
      const chance = (): number => {
        state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        return state / 0x7fff_ffff;
      };
      const { call, scene } = await run(exchange, () => {
        const draw = chance();
        return draw < 0.2 ? 'drop' : draw < 0.3 ? 'duplicate' : { delayMs: Math.floor(chance() * 400) };
      });
      expect(call.end !== undefined || call.failure !== undefined, call.events.join(' ')).toBe(true);
      expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    }
  });
});
