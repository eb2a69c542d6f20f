import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import { call } from '../../src/cli/commands/call.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { startServerChild } from '../../src/cli/server-child.ts';
import { NewFile } from '../../src/contracts/files.ts';
import { readWavHeader, readWavMono } from '../../src/telephony/audio/wav.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import {
  newAccount,
  numberToDial,
  type RealPhone,
  type RealServer,
  realPhone,
  realServer,
  saveFlow,
  sessionWhen,
} from '../support/real-server.ts';
import { peakAt } from '../support/sound.ts';

const script = join(import.meta.dirname, '../../dist/cli/main.js');
const ended = (session: { ended?: boolean }): boolean => session.ended === true;
const answered = (session: { callState?: string }): boolean => session.callState === 'Connected';

const short = flowOf({ say: ['SayNode', { WhatToSay: 'Hello.', Done: to('bye') }], bye: ['HangUpNode'] });
const long = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });

describe('a server over real sockets', () => {
  let server: RealServer;
  const phones: RealPhone[] = [];

  /** A phone that behaves like this, and an account whose trunk leads to it. */
  async function scene(behaviour: Parameters<typeof realPhone>[0] = {}, trunk: { maxChannels?: number } = {}) {
    const phone = await realPhone(behaviour);
    phones.push(phone);
    return { phone, account: await newAccount(server.child, phone.port, trunk) };
  }

  const post = (account: ReadyAccount, body: string, headers: Record<string, string> = {}) => {
    const { url, user, password } = account.login;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return fetch(`${url}/sessions/outgoing`, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json', ...headers },
    });
  };

  beforeAll(async () => {
    server = await realServer();
  }, 60_000);

  afterAll(async () => {
    for (const phone of phones) await phone.close();
    await server.remove();
  }, 60_000);

  it('takes XML, answers 204 with the address of the session, and runs the flow', async () => {
    const { account, phone } = await scene();
    const flowId = await saveFlow(account, short);
    const xml = `<NewOutgoingSession xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions"><FlowId>${flowId}</FlowId><NumberToDial>${numberToDial}</NumberToDial></NewOutgoingSession>`;
    const response = await post(account, xml, { 'content-type': 'application/xml' });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    const id = /^\/sessions\/(.+)$/.exec(response.headers.get('location') ?? '')?.[1] ?? '';
    const session = await sessionWhen(account.api, id, ended);
    expect(session).toMatchObject({
      outcome: 'Completed',
      callState: 'Disconnected',
      dialState: 'None',
      sipCause: 200,
      toAddress: numberToDial,
    });
    expect(Date.parse(session.dateCompleted ?? '')).toBeGreaterThan(Date.parse(session.dateAnswered ?? ''));
    expect(session.log?.map(({ message }) => message)).toContain('Say (SayNode)');
    expect(await phone.seen('first-audio')).toMatchObject({ lost: 0 });
    expect(session.mediaReport).toMatchObject({
      codec: 'PCMU',
      packetsLost: 0,
      packetsRefused: 0,
      audioReceived: true,
      oneWayAudio: false,
    });
    expect(session.mediaReport?.receivedFrom).toBe(session.mediaReport?.expectedFrom);
  });

  it('refuses with a ResponseStatus that names the member, in XML when asked', async () => {
    const { account } = await scene();
    const response = await post(account, '{}', { accept: 'application/xml' });
    expect(response.status).toBe(400);
    const body = await response.text();
    expect(body).toContain('<ErrorCode>NotEmpty</ErrorCode>');
    expect(body).toContain('<FieldName>FlowId</FieldName>');
    expect(body).toContain('<FieldName>NumberToDial</FieldName>');
  });

  it('answers 503 with Retry-After when the trunk is full, and takes the next call when it is free again', async () => {
    const { account, phone } = await scene({}, { maxChannels: 1 });
    const flowId = await saveFlow(account, long);
    const { id } = await account.api.placeCall({ flowId, numberToDial });
    const refused = await post(account, JSON.stringify({ flowId, numberToDial }));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await phone.seen('answered');
    const { url, user, password } = account.login;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    expect((await fetch(`${url}/sessions/${id}`, { method: 'DELETE', headers: { authorization } })).status).toBe(204);
    expect(await sessionWhen(account.api, id ?? '', ended)).toMatchObject({ outcome: 'Cancelled' });
    expect((await post(account, JSON.stringify({ flowId, numberToDial }))).status).toBe(204);
  });

  it('does not tell a foreign flow from one that does not exist', async () => {
    const { account } = await scene();
    const { account: other } = await scene();
    const foreign = await post(other, JSON.stringify({ flowId: await saveFlow(account, short), numberToDial }));
    const unknown = await post(other, JSON.stringify({ flowId: '01234567-89ab-7000-8000-000000000000', numberToDial }));
    expect(foreign.status).toBe(404);
    expect(await foreign.text()).toBe(await unknown.text());
  });

  it('plays an uploaded MP3', async () => {
    const file = join(server.directory, 'heard.wav');
    const { account, phone } = await scene({ record: file });
    const bytes = new Uint8Array(await readFile(new URL('../fixtures/tone-1khz.mp3', import.meta.url)));
    const { id: fileId } = await account.api.call(NewFile, { accountId: account.accountId }, { name: 'tone.mp3', bytes });
    const play = flowOf({ play: ['PlayNode', { AudioFile: fileId ?? '', Done: to('bye') }], bye: ['HangUpNode'] });
    const { id } = await account.api.placeCall({ flowId: await saveFlow(account, play), numberToDial });
    expect(await sessionWhen(account.api, id ?? '', ended)).toMatchObject({ outcome: 'Completed' });
    expect(await phone.seen('recording')).toMatchObject({ file });
    const wav = new Uint8Array(await readFile(file));
    const header = readWavHeader(wav);
    const samples = new Float32Array(header.frames);
    readWavMono(wav, header, 0, samples);
    const middle = samples.subarray(2000, 6000);
    expect(peakAt(1000, 8000, middle)).toBeGreaterThan(0.2);
    expect(peakAt(1500, 8000, middle)).toBeLessThan(0.02);
  });

  it('is followed by `ringflow call`, which succeeds only when the call was completed', async () => {
    const { account } = await scene();
    const { account: unlucky } = await scene({ reject: 486 });
    const follow = async (caller: ReadyAccount) => {
      const lines: string[] = [];
      const options = { number: numberToDial, flow: await saveFlow(caller, short), ...caller.login };
      const status = await call(options, (line) => lines.push(line), new AbortController().signal);
      return { status, told: lines.map((line) => line.replace(/^ *[\d.]+ s +/, '')) };
    };
    const completed = await follow(account);
    expect(completed.status).toBe(0);
    expect(completed.told[0]).toMatch(/^Session [0-9a-f-]{36}$/);
    expect(completed.told).toEqual(expect.arrayContaining(['Calling', 'Answered', 'Say (SayNode)', 'Hung up']));
    const busy = await follow(unlucky);
    expect(busy.status).toBe(1);
    expect(busy.told.join('\n')).toContain('The callee is busy');
  });

  it('collects digits, and sends them', async () => {
    const { account, phone } = await scene({ digits: 'w42#', digitsAfterMs: 100 });
    const gather = flowOf({
      ask: ['GatherNode', { Prompt: 'Enter your number.', MaxDigits: 5, Digits: into('Entered'), Done: to('echo') }],
      echo: ['SendDigitsNode', { Digits: '{{ Session.Entered }}', Done: to('bye') }],
      bye: ['HangUpNode', { Outcome: 'Got {{ Session.Entered }}' }],
    });
    const { id } = await account.api.placeCall({ flowId: await saveFlow(account, gather), numberToDial });
    expect(await sessionWhen(account.api, id ?? '', ended)).toMatchObject({ outcome: 'Got 42' });
    await phone.seen('over');
  });
});

describe('stopping and starting', () => {
  it('lets a running call end on SIGTERM, refuses new ones, and exits with 0', async () => {
    const server = await realServer();
    const phone = await realPhone();
    try {
      const account = await newAccount(server.child, phone.port);
      const flowId = await saveFlow(account, flowOf({ wait: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode'] }));
      const { id } = await account.api.placeCall({ flowId, numberToDial });
      await phone.seen('answered');
      process.kill(server.child.program.pid, 'SIGTERM');
      await sessionWhen(account.api, id ?? '', answered);
      await expect(account.api.placeCall({ flowId, numberToDial })).rejects.toMatchObject({ status: 503 });
      expect(await server.child.program.ended).toBe(0);
      expect(await phone.seen('bye')).toMatchObject({ by: 'peer' });

      const again = await server.again();
      const api = new ApiClient({ url: again.url, user: account.login.user, password: account.login.password });
      expect(await sessionWhen(api, id ?? '', ended)).toMatchObject({ outcome: 'Completed' });
    } finally {
      await phone.close();
      await server.remove();
    }
  }, 60_000);

  it('hangs up on SIGTERM what does not end in time', async () => {
    const server = await realServer();
    const phone = await realPhone();
    try {
      const account = await newAccount(server.child, phone.port);
      const { id } = await account.api.placeCall({ flowId: await saveFlow(account, long), numberToDial });
      await phone.seen('answered');
      await server.child.program.stop();
      expect(await phone.seen('bye')).toMatchObject({ by: 'peer' });
      const again = await server.again();
      const api = new ApiClient({ url: again.url, user: account.login.user, password: account.login.password });
      expect(await sessionWhen(api, id ?? '', ended)).toMatchObject({ outcome: 'ServerShutDown' });
    } finally {
      await phone.close();
      await server.remove();
    }
  }, 60_000);

  it('finds its database again after kill -9, ends the sessions that were lost, and takes calls', async () => {
    const server = await realServer();
    const phone = await realPhone();
    try {
      const account = await newAccount(server.child, phone.port);
      const flowId = await saveFlow(account, long);
      const { id } = await account.api.placeCall({ flowId, numberToDial });
      await sessionWhen(account.api, id ?? '', answered);
      process.kill(server.child.program.pid, 'SIGKILL');
      expect(await server.child.program.ended).toBe('SIGKILL');
      const again = await server.again();
      const api = new ApiClient({ url: again.url, user: account.login.user, password: account.login.password });
      expect(await sessionWhen(api, id ?? '', ended)).toMatchObject({ outcome: 'ServerLost', callState: 'Disconnected' });
      const next = await api.placeCall({ flowId, numberToDial });
      expect(await sessionWhen(api, next.id ?? '', answered)).toMatchObject({ dialState: 'Active' });
    } finally {
      await phone.close();
      await server.remove();
    }
  }, 60_000);

  it('refuses a data folder that another server uses, with a sentence that says so', async () => {
    const server = await realServer();
    try {
      const options = { sipPort: 0, rtpPorts: '42000-42099', directory: server.directory, adminPassword: 'a good password' };
      await expect(startServerChild({ ...options, script })).rejects.toThrow(/RINGFLOW_DATA_DIR/);
    } finally {
      await server.remove();
    }
  }, 60_000);

  it('gives up soon when its HTTP port is taken, with a sentence that says so', async () => {
    const server = await realServer();
    const directory = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
    try {
      const environment = { RINGFLOW_HTTP_PORT: new URL(server.child.url).port };
      const options = { script, directory, sipPort: 0, rtpPorts: '42000-42099', adminPassword: 'a good password', environment };
      await expect(startServerChild(options)).rejects.toThrow(/RINGFLOW_HTTP_PORT/);
    } finally {
      await server.remove();
      await rm(directory, { recursive: true });
    }
  }, 30_000);
});
