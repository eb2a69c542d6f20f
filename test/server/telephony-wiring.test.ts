import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import type { PhoneBehaviour } from '../../src/cli/phone/test-phone.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { AddConferenceMember, PatchConferenceMember } from '../../src/contracts/conferences.ts';
import { type EndpointInfo, GetEndpoint, ListEndpoints, NewSipTrunk } from '../../src/contracts/endpoints.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import { HoldSession, PatchSession, type SessionInfo } from '../../src/contracts/sessions.ts';
import { apiRequest } from '../support/api-request.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { realPeer, realRegistrar } from '../support/real-peer.ts';
import { newAccount, numberToDial, type RealServer, realPhone, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { buildWav, sine } from '../support/sound.ts';
import { streamRegistrar } from '../support/stream-registrar.ts';

// That the server as it is started has what its parts can do: settings reach who needs them, and what is checked is asked.

const MUSIC_HZ = 1000;
const MESSAGES_PER_SECOND = 100;
const CARRIER = '127.0.0.3';
const flow = flowOf({ wait: ['WaitNode', { Timeout: 120, Done: to('bye') }], bye: ['HangUpNode'] });
const up = ({ callState }: SessionInfo): boolean => callState === 'Connected';
const ended = (session: SessionInfo): boolean => session.ended === true;

let folder: string;
let server: RealServer;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-wiring-'));
  const music = join(folder, 'music.wav');
  const samples = Int16Array.from(sine(MUSIC_HZ, 8000, 1), (sample) => sample * 32_767);
  await writeFile(music, buildWav({ data: new Uint8Array(samples.buffer) }));
  server = await realServer({
    RINGFLOW_HOLD_MUSIC: music,
    RINGFLOW_CONFERENCE_MEMBERS: '2',
    RINGFLOW_SIP_RATE_LIMIT: '10',
    RINGFLOW_SIP_TRUNK_RATE_LIMIT: String(MESSAGES_PER_SECOND),
  });
}, 60_000);
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

let phones = 0;

/** An account whose calls go to a phone, of which call `n` (the first: 1) is heard. */
async function withPhone(behaviour: Partial<PhoneBehaviour> = {}) {
  const file = join(folder, `phone${++phones}.wav`);
  const phone = await realPhone({ record: file, ...behaviour });
  closing.push(() => phone.close());
  const account = await newAccount(server.child, phone.port);
  const heardIn = (n: number) => ({
    heardSoFar: () => readFile(n === 1 ? file : file.replace('.wav', `-${n}.wav`)).catch(() => undefined),
  });
  return { phone, account, heardIn };
}

async function callOf(account: ReadyAccount): Promise<string> {
  const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial });
  return id;
}

const trunkWhen = (account: ReadyAccount, done: (trunk: EndpointInfo) => boolean) =>
  expect.poll(async () => done((await account.api.call(ListEndpoints, { type: 'SipTrunk' })).items[0] ?? {}), { timeout: 20_000 });

describe('trunks of a server', () => {
  it('are registered at their carrier', async () => {
    const registrar = await realRegistrar('alice', 'secret');
    closing.push(registrar.close);
    const trunk = { userName: 'alice', password: 'secret', registration: { isEnabled: true } };
    const account = await newAccount(server.child, registrar.port, trunk);
    await trunkWhen(account, ({ registrationState }) => registrationState?.state === 'Registered').toBe(true);
    const [first, second] = registrar.requests('REGISTER');
    expect(first?.headers.first('Contact')).toBe(`<sip:alice@127.0.0.1:${server.sip.port}>`);
    expect(second?.headers.first('Authorization')).toContain('username="alice"');
  }, 60_000);

  it('are registered anew when the connection to their carrier breaks, long before it is over', async () => {
    const registrar = await streamRegistrar(86_400);
    closing.push(async () => registrar.close());
    const trunk = { transport: 'Tcp', userName: 'alice', registration: { isEnabled: true, expiresInSeconds: 86_400 } } as const;
    const account = await newAccount(server.child, registrar.port, trunk);
    await trunkWhen(account, ({ registrationState }) => registrationState?.state === 'Registered').toBe(true);
    registrar.sockets[0]?.destroy();
    await expect.poll(() => registrar.registers, { timeout: 20_000 }).toEqual(['0 86400', '1 86400']);
    await trunkWhen(account, ({ registrationState }) => registrationState?.state === 'Registered').toBe(true);
    expect(await registrar.ask(1)).toBe(200);
  }, 60_000);

  it('get no call at a target that does not answer to OPTIONS', async () => {
    const { phone, account } = await withPhone({ hangUpAfterMs: 200 });
    const dead = await realPeer();
    closing.push(dead.close);
    const { items } = await account.api.call(ListEndpoints, { type: 'SipTrunk' });
    const { id = '' } = await account.api.call(NewSipTrunk, {
      accountId: account.accountId,
      name: 'Two gateways',
      targets: [
        { host: '127.0.0.1', port: dead.port },
        { host: '127.0.0.1', port: phone.port, priority: 1 },
      ],
      healthCheckIntervalInSeconds: 5,
    });
    expect((await apiRequest(account.login, 'DELETE', `/endpoints/${items[0]?.id}`)).status).toBe(204);
    const states = async () => (await account.api.call(GetEndpoint, { endpointId: id })).targetStates?.map(({ state }) => state);
    await expect.poll(states, { timeout: 40_000 }).toEqual(['Down', 'Up']);
    const session = await sessionWhen(account.api, await callOf(account), ended);
    expect(session.outcome).toBe('CalleeHungUp');
    expect(dead.requests('OPTIONS').length).toBeGreaterThan(0);
    expect(dead.requests('INVITE')).toEqual([]);
  }, 60_000);

  it('may send as many messages as the setting says', async () => {
    await newAccount(server.child, 5060, { allowedSources: [`${CARRIER}/32`] });
    const carrier = createSocket('udp4').bind(0, CARRIER);
    await once(carrier, 'listening');
    let [sent, answers] = [0, 0];
    carrier.on('message', () => {
      answers += 1;
    });
    const ask = (n: number): void => {
      const via = `Via: SIP/2.0/UDP ${CARRIER}:${carrier.address().port};branch=z9hG4bKw${n}`;
      const rest = `From: <sip:x@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: w${n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
      carrier.send(`OPTIONS sip:h SIP/2.0\r\n${via}\r\n${rest}`, server.sip.port, '127.0.0.1');
    };
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const burst = async (): Promise<number> => {
      answers = 0;
      for (let n = 0; n < 400; n++) {
        ask(++sent);
        if (n % 10 === 9) await pause(1);
      }
      await pause(500);
      return answers;
    };
    // Twice as many at once as in a second, and no more, as soon as the server knows whose address it is.
    await expect.poll(burst, { timeout: 20_000, interval: 1000 }).toBeGreaterThan(MESSAGES_PER_SECOND);
    expect(answers).toBeLessThan(400);
    const closed = once(carrier, 'close');
    carrier.close();
    await closed;
  }, 60_000);
});

describe('live operations of a server', () => {
  it('hold with the music of the setting, record, log and redirect', async () => {
    const { phone, account, heardIn } = await withPhone();
    const sessionId = await callOf(account);
    await sessionWhen(account.api, sessionId, up);
    const ask = (method: 'POST' | 'DELETE', path: string, body?: object) =>
      apiRequest(account.login, method, `/sessions/${sessionId}${path}`, body);
    expect((await ask('POST', '/record')).status).toBe(204);
    expect(await account.api.call(HoldSession, { sessionId })).toMatchObject({ callState: 'Hold' });
    await hearing(MUSIC_HZ, heardIn(1), 0.3);
    expect(await account.api.call(PatchSession, { sessionId, callState: 'Connected' })).toMatchObject({ callState: 'Connected' });
    expect((await ask('POST', '/record', { action: 'Stop' })).status).toBe(204);
    const { items } = await account.api.call(ListFiles, { sessionId });
    expect(items).toMatchObject([{ type: 'CallRecording' }]);
    expect((await ask('POST', '/log', { message: 'Wants the sales team' })).status).toBe(204);
    expect((await ask('POST', '/redirect', { destination: '+18144043111' })).status).toBe(204);
    await expect.poll(() => phone.events.filter(({ event }) => event === 'answered').length, { timeout: 10_000 }).toBe(2);
    expect(phone.events).toMatchObject(expect.arrayContaining([expect.objectContaining({ event: 'invite', call: 2 })]));
    expect((await ask('DELETE', '')).status).toBe(204);
    const { log = [] } = await sessionWhen(account.api, sessionId, ended);
    expect(log.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['On hold', 'Wants the sales team', 'Redirected to +18144043111', 'Joined with +18144043111']),
    );
  }, 60_000);

  it('reject a call that rings', async () => {
    const { phone, account } = await withPhone({ answerAfterMs: 60_000 });
    const sessionId = await callOf(account);
    await phone.seen('ringing');
    expect((await apiRequest(account.login, 'POST', `/sessions/${sessionId}/reject`)).status).toBe(204);
    await phone.seen('cancelled');
    expect(await sessionWhen(account.api, sessionId, ended)).toMatchObject({ outcome: 'Rejected' });
  }, 60_000);

  it('make conferences of the size of the setting, mute, hold and end a member', async () => {
    const { phone, account, heardIn } = await withPhone();
    const sessionId = await callOf(account);
    await sessionWhen(account.api, sessionId, up);
    await account.api.call(AddConferenceMember, { sessionId, destination: '+18144043111' });
    const { members = [] } = await sessionWhen(account.api, sessionId, ({ members: those }) => those?.[1]?.callState === 'Connected');
    const add = await apiRequest(account.login, 'POST', `/sessions/${sessionId}/conference/members`, { destination: '+18144043222' });
    expect([add.status, JSON.parse(add.body).responseStatus.errorCode]).toEqual([409, 'ConferenceFull']);
    const { callSid = '' } = members[1] ?? {};
    const muted = await account.api.call(PatchConferenceMember, { sessionId, callSid, mute: true });
    expect(muted.members?.[1]).toMatchObject({ muted: true, callState: 'Connected' });
    const held = await account.api.call(PatchConferenceMember, { sessionId, callSid, hold: true });
    expect(held.members?.[1]).toMatchObject({ muted: true, callState: 'Hold' });
    await hearing(MUSIC_HZ, heardIn(2), 0.3);
    const query = `?callSid=${encodeURIComponent(callSid)}`;
    expect((await apiRequest(account.login, 'DELETE', `/sessions/${sessionId}${query}`)).status).toBe(204);
    await phone.seen('bye');
    expect(await sessionWhen(account.api, sessionId, up)).toMatchObject({ members: [{ role: 'Caller' }] });
    expect((await apiRequest(account.login, 'DELETE', `/sessions/${sessionId}?callSid=nobody`)).status).toBe(400);
    expect((await apiRequest(account.login, 'DELETE', `/sessions/${sessionId}`)).status).toBe(204);
    await sessionWhen(account.api, sessionId, ended);
  }, 60_000);
});
