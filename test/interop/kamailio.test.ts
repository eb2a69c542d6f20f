import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { WireKind } from '../../src/wire/wire.ts';
import { type Kamailio, startKamailio } from '../support/kamailio.ts';
import { ANSWER, CallLog, OFFER, request } from '../support/sip-agents.ts';
import { testPort } from '../support/test-port.ts';

// Kamailio between two user agents of ours: as it stands before a cluster, or at a carrier.

/** A user agent that takes calls as the test says, and keeps what it got. */
async function openAgent(takes: (invite: IncomingInvite) => void = answers) {
  // The port is for both.
  const local = { address: '127.0.0.1', port: await testPort() };
  const udp = await openUdp({ local, log: silentLogger });
  const tcp = await openTcp({ local: udp.local, clock: systemClock, log: silentLogger });
  const invites: IncomingInvite[] = [];
  const dialogs: Dialog[] = [];
  const behaviour = { takes };
  const agent = new UserAgent({
    wires: [udp, tcp],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    product: 'test',
    onInvite: (invite) => {
      invites.push(invite);
      behaviour.takes(invite);
    },
  });
  const answered = (dialog: Dialog): void => void dialogs.push(dialog);
  return { agent, port: udp.local.port, invites, dialogs, behaviour, answered };
}

const answers = (invite: IncomingInvite): void => {
  invite.ring();
  void invite.answer(ANSWER);
};

let kamailio: Kamailio;
let first: Awaited<ReturnType<typeof openAgent>>;
let second: Awaited<ReturnType<typeof openAgent>>;
let caller: Awaited<ReturnType<typeof openAgent>>;

beforeAll(async () => {
  [first, second, caller] = await Promise.all([openAgent(), openAgent(), openAgent()]);
  kamailio = await startKamailio('proxy.cfg', { FIRST_PORT: first.port, SECOND_PORT: second.port });
}, 30_000);

afterAll(async () => {
  await kamailio.stop();
  await Promise.all([first, second, caller].map(({ agent }) => agent.close()));
});

afterEach(async () => {
  await vi.waitFor(() => expect([first, second, caller].map(({ agent }) => agent.liveDialogs)).toEqual([0, 0, 0]), 5_000);
  for (const side of [first, second]) {
    side.invites.length = 0;
    side.dialogs.length = 0;
    side.behaviour.takes = (invite) => {
      invite.ring();
      void invite.answer(ANSWER).then(side.answered);
    };
  }
});

function call(user: string, transport: WireKind = 'udp', password = 'secret') {
  const log = new CallLog();
  const invite = caller.agent.invite(
    request(transport, {
      to: { address: '127.0.0.1', port: kamailio.port, transport },
      requestUri: `sip:${user}@127.0.0.1`,
      toUri: `sip:${user}@127.0.0.1`,
      credentials: { userName: 'user', password },
    }),
    log,
  );
  return { log, invite };
}

const up = async (log: CallLog): Promise<Dialog> => {
  await vi.waitFor(() => expect(log.events).toContain('answered'), 5_000);
  if (!log.dialog) throw new Error('unreachable');
  return log.dialog;
};

describe.each(['udp', 'tcp'] as const)('a call through Kamailio, over %s', (transport) => {
  it.each(['caller', 'callee'])('is acknowledged and hung up by the %s through it', async (who) => {
    first.behaviour.takes = (invite) => void invite.answer(ANSWER).then(first.answered);
    const { log } = call('once', transport);
    const dialog = await up(log);
    await vi.waitFor(() => expect(first.dialogs[0]?.state.invite.acked).toBe(true));
    expect(splitList(first.invites[0]?.headers.all('Via') ?? [])).toHaveLength(2);
    expect(first.dialogs[0]?.state.routeSet.join()).toContain(`127.0.0.1:${kamailio.port}`);
    expect(dialog.state.routeSet).toHaveLength(first.dialogs[0]?.state.routeSet.length ?? 0);
    await (who === 'caller' ? dialog : first.dialogs[0])?.bye();
    await vi.waitFor(() => expect(log.end?.by).toBe(who === 'caller' ? 'us' : 'peer'));
    await vi.waitFor(() => expect(first.dialogs[0]?.ended).toBe(true));
  });
});

describe('a call that passes through it twice', () => {
  it('has three Vias and two routes, in opposite order at either side', async () => {
    first.behaviour.takes = (invite) => void invite.answer(ANSWER).then(first.answered);
    const { log } = call('twice');
    const dialog = await up(log);
    await vi.waitFor(() => expect(first.dialogs[0]?.state.invite.acked).toBe(true));
    expect(splitList(first.invites[0]?.headers.all('Via') ?? [])).toHaveLength(3);
    const { routeSet } = dialog.state;
    expect(routeSet).toHaveLength(2);
    expect(first.dialogs[0]?.state.routeSet).toEqual([...routeSet].reverse());
    await first.dialogs[0]?.bye();
    await vi.waitFor(() => expect(log.end?.by).toBe('peer'));
  });
});

describe('within the call', () => {
  it('hold, resume and UPDATE go through it in both directions', async () => {
    first.behaviour.takes = (invite) =>
      void invite.answer(ANSWER).then((dialog) => {
        dialog.onReinvite = (offer) => `${ANSWER}a=${offer?.includes('sendonly') ? 'recvonly' : 'sendrecv'}\r\n`;
        first.answered(dialog);
      });
    const { log } = call('once');
    const dialog = await up(log);
    dialog.onReinvite = () => `${OFFER}a=recvonly\r\n`;
    const signal = AbortSignal.timeout(10_000);
    await expect(dialog.reinvite(`${OFFER}a=sendonly\r\n`, signal)).resolves.toContain('recvonly');
    await expect(dialog.reinvite(`${OFFER}a=sendrecv\r\n`, signal)).resolves.toContain('sendrecv');
    await expect(first.dialogs[0]?.reinvite(`${ANSWER}a=sendonly\r\n`, signal)).resolves.toContain('recvonly');
    await expect(first.dialogs[0]?.update(`${ANSWER}a=sendonly\r\n`, signal)).resolves.toContain('recvonly');
    await dialog.bye();
  });

  it('a transfer and its news go through it', async () => {
    first.behaviour.takes = (invite) =>
      void invite.answer(ANSWER).then((dialog) => {
        dialog.onRefer = () => (report) => setTimeout(() => report.tell(200, 'OK'), 100);
      });
    const { log } = call('once');
    const dialog = await up(log);
    const outcome = dialog.refer({ uri: `sip:there@127.0.0.1:${second.port}` }, AbortSignal.timeout(10_000));
    await expect(outcome).resolves.toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    await dialog.bye();
  });
});

describe('it asks for a password', () => {
  it('which is given', async () => {
    const { log } = call('asked');
    await (await up(log)).bye();
    expect(log.events).toEqual(['sent', '100', '180', 'answered', 'ended by us']);
  });

  it('which is wrong: the call ends with 407', async () => {
    const { log } = call('asked', 'udp', 'guessed');
    await vi.waitFor(() => expect(log.failure).toMatchObject({ status: 407 }), 5_000);
    expect(first.invites).toHaveLength(0);
  });
});

describe('failover', () => {
  it.each([
    ['refuses', (invite: IncomingInvite): void => invite.reject(503)],
    [
      'rings, and then refuses',
      (invite: IncomingInvite): void => {
        invite.ring();
        invite.reject(500);
      },
    ],
  ])('goes on to the second destination when the first %s', async (_what, takes) => {
    first.behaviour.takes = takes;
    const { log } = call('once');
    await (await up(log)).bye();
    expect([first.invites.length, second.invites.length]).toEqual([1, 1]);
  });

  it('goes on when nothing listens at the first', async () => {
    const silent = await openAgent();
    await silent.agent.close();
    const other = await startKamailio('proxy.cfg', { FIRST_PORT: silent.port, SECOND_PORT: second.port });
    try {
      const log = new CallLog();
      const to = { address: '127.0.0.1', port: other.port, transport: 'udp' } as const;
      caller.agent.invite(request('udp', { to, requestUri: 'sip:once@127.0.0.1' }), log);
      await (await up(log)).bye();
      expect(second.invites).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  it('ends the call when both fail, and a busy callee is not called at the second', async () => {
    first.behaviour.takes = (invite) => invite.reject(503);
    second.behaviour.takes = (invite) => invite.reject(504);
    const failed = call('once').log;
    await vi.waitFor(() => expect([503, 504, 500]).toContain(failed.failure?.status), 5_000);
    first.behaviour.takes = (invite) => invite.reject(486);
    second.invites.length = 0;
    const busy = call('once').log;
    await vi.waitFor(() => expect(busy.failure).toMatchObject({ status: 486 }), 5_000);
    expect(second.invites).toHaveLength(0);
  });
});

describe('a call that is cancelled', () => {
  it('stops ringing behind it', async () => {
    let cancelled = false;
    first.behaviour.takes = (invite) => {
      invite.ring();
      invite.onCancelled = () => {
        cancelled = true;
      };
    };
    const { log, invite } = call('once');
    await vi.waitFor(() => expect(log.events).toContain('180'), 5_000);
    invite.cancel();
    await vi.waitFor(() => expect(log.failure).toMatchObject({ why: 'cancelled', status: 487 }), 5_000);
    expect(cancelled).toBe(true);
  });
});
