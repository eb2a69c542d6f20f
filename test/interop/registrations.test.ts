import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { NewSipPassword, NewUserEndpoint, PatchEndpoint } from '../../src/contracts/endpoints.ts';
import { startBaresip } from '../support/baresip.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { startLinphone } from '../support/linphone.ts';
import { latestSession, newAccount, type RealServer, realServer, saveFlow } from '../support/real-server.ts';

let server: RealServer;
let account: ReadyAccount;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await realServer();
  account = await newAccount(server.child, 5060);
}, 60_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => server?.remove(), 60_000);

let users = 0;

/** A user with a SIP password, made through the API. */
async function newUser(): Promise<{ user: string; password: string; id: string }> {
  users += 1;
  const user = `phone${users}`;
  const { id = '' } = await account.api.call(NewUserEndpoint, { sipUserName: user });
  const { password = '' } = await account.api.call(NewSipPassword, { id });
  return { user, password, id };
}

describe('baresip', () => {
  it.each(['udp', 'tcp'] as const)('registers over %s, and not with another password', async (transport) => {
    const { user, password } = await newUser();
    const { port } = server.sip;
    const right = await startBaresip({ user, registrar: { port, transport, password } });
    closing.push(right.close);
    await expect.poll(() => right.log(), { timeout: 10_000 }).toContain('[1 binding]');
    const wrong = await startBaresip({ user, registrar: { port, transport, password: 'guess' } });
    closing.push(wrong.close);
    await expect.poll(() => wrong.log(), { timeout: 10_000 }).toContain('403 Forbidden');
  });
});

describe('a phone that has registered', () => {
  it.each(['udp', 'tcp'] as const)(
    'dials over %s, and the flow of its user runs; of a user without a flow it may not',
    async (transport) => {
      const { user, password, id } = await newUser();
      const phone = await startBaresip({ user, registrar: { port: server.sip.port, transport, password } });
      closing.push(phone.close);
      await expect.poll(() => phone.log(), { timeout: 10_000 }).toContain('[1 binding]');
      await phone.command('dial', '4000');
      await expect.poll(() => phone.log(), { timeout: 10_000 }).toContain('SIP/2.0 403 Forbidden');

      const flow = flowOf({
        ask: ['GatherNode', { Prompt: 'Press.', MaxDigits: 1, Digits: into('Entered'), Done: to('bye') }],
        bye: ['HangUpNode', { Outcome: '{{ Session.To }} {{ Session.Entered }}' }],
      });
      await account.api.call(PatchEndpoint, { endpointId: id, flowId: await saveFlow(account, flow) });
      await phone.command('dial', '4000');
      await phone.seen('CALL_ESTABLISHED');
      await phone.command('sndcode', '7');
      const session = await latestSession(account, ({ ended, endpointId }) => ended === true && endpointId === id);
      expect(session).toMatchObject({ outcome: '4000 7', fromAddress: user, toAddress: '4000', direction: 'inbound' });
    },
  );
});

describe('linphone', () => {
  it('registers by MD5, and not with another password', async () => {
    const { user, password } = await newUser();
    const address = `127.0.0.1:${server.sip.port}`;
    const right = await startLinphone();
    closing.push(right.close);
    right.command(`register sip:${user}@${address} sip:${address} ${password}`);
    await expect.poll(() => registered(right), { timeout: 10_000, interval: 200 }).toBe('LinphoneRegistrationOk');
    const wrong = await startLinphone();
    closing.push(wrong.close);
    wrong.command(`register sip:${user}@${address} sip:${address} guess`);
    await expect.poll(() => registered(wrong), { timeout: 10_000, interval: 200 }).toBe('LinphoneRegistrationFailed');
  });
});

describe('a server that asks for SHA-256 only', () => {
  it('lets linphone register', async () => {
    const strict = await realServer({ RINGFLOW_SIP_DIGEST: 'SHA-256' });
    closing.push(strict.remove);
    const owner = await newAccount(strict.child, 5060);
    const { id = '' } = await owner.api.call(NewUserEndpoint, { sipUserName: 'linphone' });
    const { password = '' } = await owner.api.call(NewSipPassword, { id });
    const address = `127.0.0.1:${strict.sip.port}`;
    const phone = await startLinphone();
    closing.push(phone.close);
    phone.command(`register sip:linphone@${address} sip:${address} ${password}`);
    await expect.poll(() => registered(phone), { timeout: 10_000, interval: 200 }).toBe('LinphoneRegistrationOk');
  }, 60_000);
});

async function registered(phone: Awaited<ReturnType<typeof startLinphone>>): Promise<string> {
  phone.command('register-status ALL');
  return phone.latest(/State: (\w+)/g);
}
