import { Readable } from 'node:stream';
import type { Role } from '../../src/contracts/dto.ts';
import type { FileInfo } from '../../src/contracts/files.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import type { Principal } from '../../src/directory/principal.ts';
import type { Services, Upload } from '../../src/http/services.ts';
import { AppError, memberError } from '../../src/kernel/errors.ts';

/** A call that a handler made. */
export interface Call {
  readonly name: string;
  readonly userId: string;
  readonly request: unknown;
}

export interface FakeServices extends Services {
  readonly calls: Call[];
  readonly sessions: Services['sessions'] & { draining: boolean };
  readonly uploads: Upload[];
  /** Thrown by the next call of `sessions.get`. */
  failNext: unknown;
  /** Sources that passwords were tried from. */
  readonly sources: string[];
}

/** Every login of the fake; the password is `secret-` and the user id. */
export const logins: readonly Principal[] = [
  login('manager', ['Manager']),
  login('customer', ['Customer']),
  login('user', ['User']),
  login('system', ['SystemAdministrator']),
  login('admin', ['Admin']),
];

function login(userId: string, roles: readonly Role[]): Principal {
  return { userId, emailAddress: `${userId}@example.com`, firstName: 'Ada', lastName: 'Lovelace', roles, accountIds: ['account'] };
}

/** The header value with which a login of the fake signs in. */
export function basic(userId: string, password = `secret-${userId}`): string {
  return `Basic ${Buffer.from(`${userId}@example.com:${password}`).toString('base64')}`;
}

/** The API key of a login of the fake. */
export function apiKeyOf(userId: string): string {
  return `rk_${userId.padEnd(32, '0')}`;
}

/** Services that keep everything in memory and note what they are asked. */
export function fakeServices(): FakeServices {
  const calls: Call[] = [];
  const uploads: Upload[] = [];
  const sources: string[] = [];
  const open = new Map<string, Principal>();
  const note =
    <Result>(name: string, answer: (request: unknown) => Result) =>
    (principal: Principal, request: unknown): Promise<Result> => {
      calls.push({ name, userId: principal.userId, request });
      return Promise.resolve(answer(request));
    };
  const nothing = () => undefined;
  const emptyPage = () => ({ items: [], totalCount: 0, totalPages: 0, hasMorePages: false });
  const fake: FakeServices = {
    calls,
    uploads,
    sources,
    failNext: undefined,
    signIn: {
      async byPassword(emailAddress, password, source) {
        sources.push(source);
        const found = logins.find((one) => one.emailAddress === emailAddress);
        if (password === 'too-often') throw new AppError('TOO_MANY_SIGN_INS', { seconds: 30 }, { retryAfterSeconds: 29.5 });
        if (!found || password !== `secret-${found.userId}`) throw new AppError('WRONG_PASSWORD', {});
        return found;
      },
      async open(principal) {
        const ids = { temporaryId: `tmp/${principal.userId}=`, permanentId: `perm+${principal.userId}` };
        open.set(ids.temporaryId, principal);
        open.set(ids.permanentId, principal);
        return { ...ids, expiresAtMs: Date.UTC(2046, 10, 23, 6, 11, 7) };
      },
      byBearer: async (text) => logins.find(({ userId }) => text === `token-${userId}`) ?? fake.signIn.byApiKey(text),
      byApiKey: async (key) => logins.find(({ userId }) => key === apiKeyOf(userId)),
      byCookie: async (id) => open.get(id),
      async close(id) {
        open.delete(id);
      },
    },
    authTokens: {
      issue: async ({ userId }) => ({ token: `token-${userId}`, expiresAtMs: Date.UTC(2046, 10, 23, 6, 11, 7) }),
      request: note('authTokens.request', () => ({ authToken: 'token-user' })),
    },
    apiKeys: {
      list: note('apiKeys.list', emptyPage),
      create: note('apiKeys.create', () => ({ id: 'key', key: apiKeyOf('manager') })),
      remove: note('apiKeys.remove', nothing),
    },
    userRoles: {
      assign: note('userRoles.assign', () => ({ allRoles: ['Manager'], allPermissions: [] })),
      unassign: note('userRoles.unassign', () => ({ allRoles: [], allPermissions: [] })),
    },
    accounts: {
      list: note('accounts.list', emptyPage),
      get: note('accounts.get', () => ({ id: 'account', name: 'Acme' })),
      create: note('accounts.create', () => ({ id: 'account' })),
      patch: note('accounts.patch', () => ({ id: 'account' })),
      remove: note('accounts.remove', nothing),
    },
    users: {
      create: note('users.create', () => ({ id: 'new' })),
      info: async (principal) => ({ id: principal.userId, isAuthenticated: true, roles: [...principal.roles] }),
    },
    endpoints: {
      list: note('endpoints.list', emptyPage),
      get: note('endpoints.get', () => ({ id: 'endpoint' })),
      patch: note('endpoints.patch', () => ({ id: 'endpoint' })),
      remove: note('endpoints.remove', nothing),
    },
    phoneNumbers: { create: note('phoneNumbers.create', () => ({ id: 'number' })) },
    sipRefusals: {
      sinceMs: Date.UTC(2026, 0, 1),
      all: [{ reason: 'unknown-source', count: 3, sources: [{ address: '192.0.2.1', lastMs: Date.UTC(2026, 0, 2) }] }],
    },
    trunks: { create: note('trunks.create', () => ({ id: 'trunk' })) },
    teamEndpoints: { create: note('teamEndpoints.create', () => ({ id: 'team' })) },
    userEndpoints: {
      create: note('userEndpoints.create', () => ({ id: 'user' })),
      newPassword: note('userEndpoints.newPassword', () => ({ endpointId: 'user', password: 'shown once' })),
    },
    flows: {
      list: note('flows.list', emptyPage),
      get: note('flows.get', (): FlowInfo => ({ id: 'flow', name: 'Welcome', nodes: [], nodeCount: 0 })),
      create: note('flows.create', (): FlowInfo => ({ id: 'flow' })),
      patch: note('flows.patch', (): FlowInfo => ({ id: 'flow' })),
      remove: note('flows.remove', nothing),
      availableNodes: note('flows.availableNodes', () => [{ name: 'Say', typeName: 'SayNode' }]),
    },
    files: {
      list: note('files.list', emptyPage),
      get: note('files.get', (): FileInfo => ({ id: 'file', uri: '/files/file/content' })),
      remove: note('files.remove', nothing),
      async upload(principal, request, upload) {
        calls.push({ name: 'files.upload', userId: principal.userId, request });
        uploads.push(upload);
        return { id: 'file', fileName: upload.fileName, contentLength: upload.bytes.length };
      },
      async content(principal, fileId) {
        calls.push({ name: 'files.content', userId: principal.userId, request: fileId });
        if (fileId !== 'file') throw new AppError('NOT_FOUND', { kind: 'file' });
        return { stream: Readable.from([Buffer.from('RIFF')]), contentType: 'audio/wav', contentLength: 4, fileName: "Grüße 'a'.wav" };
      },
    },
    sessions: {
      draining: false,
      async createOutgoing(principal, request): Promise<SessionInfo> {
        calls.push({ name: 'sessions.createOutgoing', userId: principal.userId, request });
        const { flowId, numberToDial } = request;
        if (!flowId) throw memberError('REQUIRED', { member: 'FlowId', hint: 'the id of the flow.' }, 'FlowId');
        if (!numberToDial) throw memberError('REQUIRED', { member: 'NumberToDial', hint: 'the number.' }, 'NumberToDial');
        if (flowId === 'busy') throw new AppError('NO_CAPACITY', { limit: 1, seconds: 2 }, { retryAfterSeconds: 2 });
        return { id: 'session-1', flowId, toAddress: numberToDial, ended: false, log: [] };
      },
      async place(principal, request, idempotencyKey): Promise<SessionInfo> {
        calls.push({ name: 'sessions.place', userId: principal.userId, request });
        if (idempotencyKey === 'used') throw new AppError('IDEMPOTENCY_KEY_USED', {});
        return { id: 'session-1', ended: false, ...(request.metadata && { metadata: request.metadata }) };
      },
      async get(principal, sessionId): Promise<SessionInfo> {
        calls.push({ name: 'sessions.get', userId: principal.userId, request: sessionId });
        if (fake.failNext !== undefined) {
          const failure = fake.failNext;
          fake.failNext = undefined;
          throw failure;
        }
        if (sessionId === 'unknown') throw new AppError('NOT_FOUND', { kind: 'session' });
        return { id: sessionId };
      },
      async list(principal, request) {
        calls.push({ name: 'sessions.list', userId: principal.userId, request });
        return { items: [{ id: 'session-1' }], totalCount: 1, totalPages: 1, hasMorePages: false };
      },
      async end(principal, sessionId, callSid) {
        calls.push({ name: 'sessions.end', userId: principal.userId, request: callSid === undefined ? sessionId : { sessionId, callSid } });
      },
      live: {
        async redirect(principal, request) {
          calls.push({ name: 'sessions.live.redirect', userId: principal.userId, request });
        },
        async hold(principal, request) {
          calls.push({ name: 'sessions.live.hold', userId: principal.userId, request });
          return { id: request.sessionId ?? '', callState: 'Hold', holdReason: request.reason ?? 'None' };
        },
        async patch(principal, request) {
          calls.push({ name: 'sessions.live.patch', userId: principal.userId, request });
          return { id: request.sessionId ?? '', callState: request.callState ?? 'Connected' };
        },
        async record(principal, request) {
          calls.push({ name: 'sessions.live.record', userId: principal.userId, request });
        },
        async reject(principal, request) {
          calls.push({ name: 'sessions.live.reject', userId: principal.userId, request });
        },
        async addLog(principal, request) {
          calls.push({ name: 'sessions.live.addLog', userId: principal.userId, request });
        },
      },
      conferences: {
        async start(principal, request) {
          calls.push({ name: 'sessions.conferences.start', userId: principal.userId, request });
          return { id: request.sessionId ?? '', conferenceSid: 'conference-1' };
        },
        async addMember(principal, request) {
          calls.push({ name: 'sessions.conferences.addMember', userId: principal.userId, request });
          return {
            id: request.sessionId ?? '',
            conferenceSid: 'conference-1',
            members: [{ callSid: 'a@b', callState: 'Ringing', muted: false }],
          };
        },
        async patchMember(principal, request) {
          calls.push({ name: 'sessions.conferences.patchMember', userId: principal.userId, request });
          return { id: request.sessionId ?? '' };
        },
      },
    },
  };
  return fake;
}
