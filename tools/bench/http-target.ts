/**
 * One side of the HTTP bench, as a process of its own. `bare`: a fastify route that validates the same body and answers 204. `ringflow`:
 * the HTTP layer with real sign-in over a real database, and sessions that are accepted without a call. Prints its address and login.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import type { RequestOf } from '../../src/contracts/dto.ts';
import type { NewOutgoingSession, SessionInfo } from '../../src/contracts/sessions.ts';
import type { Principal } from '../../src/directory/principal.ts';
import { fakeServices } from '../../test/support/fake-services.ts';

/** A module of the program as `npm run build` made it: what runs TypeScript directly adds calls of its own. */
const built = (path: string) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
const { BearerTokens }: typeof import('../../src/directory/bearer-tokens.ts') = await built('directory/bearer-tokens');
const { PasswordHasher }: typeof import('../../src/directory/password-hash.ts') = await built('directory/password-hash');
const { firstStart }: typeof import('../../src/directory/first-start.ts') = await built('directory/first-start');
const { SignIn }: typeof import('../../src/directory/sign-in.ts') = await built('directory/sign-in');
const { startServer }: typeof import('../../src/http/server.ts') = await built('http/server');
const { systemClock: clock }: typeof import('../../src/kernel/clock.ts') = await built('kernel/clock');
const { memberError }: typeof import('../../src/kernel/errors.ts') = await built('kernel/errors');
const { silentLogger: log }: typeof import('../../src/kernel/log.ts') = await built('kernel/log');
const { systemRandom: random }: typeof import('../../src/kernel/random.ts') = await built('kernel/random');
const { openStore }: typeof import('../../src/store/open-store.ts') = await built('store/open-store');

const emailAddress = 'admin@localhost';
const password = 'a good password';

async function bare(): Promise<string> {
  const app = Fastify();
  const text = { type: 'string', minLength: 1 } as const;
  const body = { type: 'object', required: ['flowId', 'numberToDial'], properties: { flowId: text, numberToDial: text, callerId: text } };
  app.post('/sessions/outgoing', { schema: { body } }, (_request, reply) => {
    reply.code(204).header('location', '/sessions/1').send();
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

async function ringflow(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ringflow-bench-http-'));
  const store = await openStore({ dataDir, version: 'bench', clock, random, log, onLostSessions: () => undefined });
  const stop = async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
    process.exit();
  };
  process.once('SIGTERM', () => void stop());
  const hasher = new PasswordHasher();
  await firstStart({ users: store.users, accounts: store.accounts, hasher, clock, random, emailAddress, password });
  const { users, apiKeys, changes } = store;
  const tokens = new BearerTokens('the secret of the benchmark', clock);
  const signIn = new SignIn({ users, apiKeys, tokens, changes, hasher, clock, random });
  const fake = fakeServices();
  const services = { ...fake, signIn, sessions: { ...fake.sessions, createOutgoing: accepted } };
  const { address } = await startServer({ host: '127.0.0.1', port: 0, services, log });
  return address;
}

/** What a session is for the HTTP layer: checked members, and an id. */
async function accepted(_principal: Principal, { flowId, numberToDial }: RequestOf<typeof NewOutgoingSession>): Promise<SessionInfo> {
  if (!flowId) throw memberError('REQUIRED', { member: 'FlowId', hint: 'the id of the flow.' }, 'FlowId');
  if (!numberToDial) throw memberError('REQUIRED', { member: 'NumberToDial', hint: 'the number to dial.' }, 'NumberToDial');
  return { id: '01a20a8a-a0cf-7157-bf77-a2a06c11e0dc' };
}

const url = await (process.argv[2] === 'bare' ? bare() : ringflow());
process.stdout.write(
  `${JSON.stringify({ url, authorization: `Basic ${Buffer.from(`${emailAddress}:${password}`).toString('base64')}` })}\n`,
);
