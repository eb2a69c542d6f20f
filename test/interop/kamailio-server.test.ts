import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ListSessions, type SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { dialledBehindKamailio } from '../support/behind-kamailio.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { hearingSound } from '../support/heard-tones.ts';
import { type Kamailio, startKamailio } from '../support/kamailio.ts';
import { latestSession, newAccount, type RealServer, realServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { keysHeard } from '../support/talk-with-baresip.ts';

// Kamailio in front of the whole server, at an address of its own: the server knows it as the source of calls, and of nobody else.

const PROXY = '127.0.0.3';
const MOST_MS = 60_000;
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

let server: RealServer;
let proxy: Kamailio;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await realServer();
  proxy = await startKamailio('front.cfg', { SERVER_PORT: server.sip.port }, PROXY);
}, 90_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  await proxy?.stop();
  await server?.remove();
}, 60_000);

const askThen = (last: 'hangs up' | 'waits') =>
  flowOf({
    ask: ['GatherNode', { Prompt: 'Please press three keys.', MaxDigits: 3, Digits: into('Entered'), Done: to('keys') }],
    keys: ['SendDigitsNode', { Digits: '79', Done: to(last === 'waits' ? 'wait' : 'bye') }],
    wait: ['WaitNode', { Timeout: 60, Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: from('Session', 'Entered') }],
  });

async function newCaller(toneHz = 440): Promise<Baresip> {
  const phone = await startBaresip({ user: '+18144049999', toneHz });
  closing.push(phone.close);
  return phone;
}

describe('a call through Kamailio into the server', () => {
  it.each(['server', 'caller'] as const)(
    'has sound and keys both ways, and is ended through it by the %s',
    async (who) => {
      const account = await newAccount(server.child, 5060, { host: PROXY });
      const number = await takeCalls(account, { flowId: await saveFlow(account, askThen(who === 'caller' ? 'waits' : 'hangs up')) });
      const caller = await newCaller();
      await caller.command('dial', `sip:${number}@${PROXY}:${proxy.port}`);
      await caller.seen('CALL_ESTABLISHED');
      await hearingSound(500, caller);
      for (const digit of '123') await caller.command('sndcode', digit);
      await keysHeard(caller, '79', 15_000);
      if (who === 'caller') await caller.command('hangup');
      await caller.seen('CALL_CLOSED');
      const session = await latestSession(account, ended);
      const outcome = who === 'caller' ? 'CallerHungUp' : '123';
      expect(session).toMatchObject({ outcome, direction: 'inbound', toAddress: number, fromAddress: '+18144049999' });
      expect(session.mediaReport).toMatchObject({ audioReceived: true, digits: 3 });
      const log = await caller.log();
      expect(log).toMatch(new RegExp(`^Record-Route: <sip:${PROXY}:${proxy.port}`, 'm'));
      // The last request goes through the proxy too: from the server with its Via, to the server with its Route.
      if (who === 'caller') expect(log).toMatch(new RegExp(`^BYE [\\s\\S]*?^Route: <sip:${PROXY}:${proxy.port}`, 'm'));
      else expect(log).toMatch(new RegExp(`^BYE [\\s\\S]*?^Via: SIP/2.0/UDP ${PROXY}:${proxy.port}`, 'm'));
    },
    MOST_MS,
  );

  it(
    'is refused when it goes past Kamailio',
    async () => {
      const account = await newAccount(server.child, 5060, { host: PROXY });
      const number = await takeCalls(account, { flowId: await saveFlow(account, askThen('hangs up')) });
      const caller = await newCaller();
      await caller.command('dial', `sip:${number}@127.0.0.1:${server.sip.port}`);
      await caller.seen('CALL_CLOSED');
      expect(await caller.log()).not.toContain('Record-Route');
      expect((await account.api.call(ListSessions, {})).totalCount).toBe(0);
    },
    MOST_MS,
  );
});

describe('a phone that has registered through Kamailio', () => {
  it(
    'is dialled through it by a call that came through it, and each hears the other',
    () => {
      const at = { address: PROXY, port: proxy.port };
      return dialledBehindKamailio(server, { proxy: at, closing: (close) => void closing.push(close) });
    },
    MOST_MS,
  );
});
