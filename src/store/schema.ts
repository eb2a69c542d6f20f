import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Role } from '../contracts/dto.ts';
import type { EndpointInfo } from '../contracts/endpoints.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import type { SessionInfo, SessionLogInfo } from '../contracts/sessions.ts';
import type { trunkSettings } from '../contracts/sip-trunks.ts';
import type { Struct } from '../contracts/values.ts';
import type { SessionPlan } from './session-rows.ts';

/** What is stored. After a change: `npx drizzle-kit generate`, and commit the migration that it writes. */

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Who made and changed a row, and when. People are named by their e-mail address. */
const audit = {
  createdAt: moment('created_at').notNull(),
  modifiedAt: moment('modified_at').notNull(),
  createdBy: text('created_by').notNull(),
  modifiedBy: text('modified_by').notNull(),
};

/** Processes that place calls. A worker whose lease is over has lost its sessions. */
export const worker = pgTable('worker', {
  id: uuid('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  version: text('version').notNull(),
  draining: boolean('draining').notNull().default(false),
  startedAt: moment('started_at').notNull().default(sql`clock_timestamp()`),
  leaseUntil: moment('lease_until').notNull(),
});

export const account = pgTable('account', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  parentAccountId: uuid('parent_account_id'),
  ancestorIds: uuid('ancestor_ids').array().notNull(),
  ...audit,
});

export const appUser = pgTable(
  'app_user',
  {
    id: uuid('id').primaryKey(),
    emailAddress: text('email_address').notNull(),
    firstName: text('first_name'),
    lastName: text('last_name'),
    /** argon2id, in its own text form. */
    passwordHash: text('password_hash').notNull(),
    roles: text('roles').array().$type<Role[]>().notNull(),
    accountIds: uuid('account_ids').array().notNull(),
    ...audit,
  },
  (table) => [uniqueIndex('app_user_email').on(sql`lower(${table.emailAddress})`)],
);

/** Logins by cookie. The id itself is a secret of the client; only its hash is here. */
export const loginSession = pgTable(
  'login_session',
  {
    idHash: text('id_hash').primaryKey(),
    /** A login has up to two ids, for the cookies ss-id and ss-pid; it ends with either. */
    loginId: uuid('login_id').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => appUser.id, { onDelete: 'cascade' }),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('login_session_login').on(table.loginId), index('login_session_expires').on(table.expiresAt)],
);

/** Keys of programs that sign in as a user. The key itself is a secret of theirs; only its hash is here. */
export const apiKey = pgTable(
  'api_key',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => appUser.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    /** Null: never. */
    expiresAt: moment('expires_at'),
    ...audit,
  },
  (table) => [uniqueIndex('api_key_hash').on(table.keyHash), index('api_key_user').on(table.userId, table.id)],
);

/** Members of a SIP trunk that have no column. */
export type TrunkSettings = Pick<EndpointInfo, keyof typeof trunkSettings>;

/** Phone numbers, SIP trunks, users and teams; members that do not belong to the type are null. */
export const endpoint = pgTable(
  'endpoint',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    type: text('type').$type<'PhoneNumber' | 'FaxNumber' | 'SipTrunk' | 'User' | 'Team'>().notNull(),
    displayName: text('display_name').notNull(),
    e164: text('e164'),
    isVirtual: boolean('is_virtual'),
    host: text('host'),
    port: integer('port'),
    transport: text('transport').$type<'Udp' | 'Tcp' | 'Tls'>(),
    userName: text('user_name'),
    /** Encrypted: see secret-box.ts. */
    passwordBox: text('password_box'),
    maxChannels: integer('max_channels'),
    callsPerSecond: doublePrecision('calls_per_second'),
    ringTimeoutSeconds: integer('ring_timeout_seconds'),
    srtp: text('srtp').$type<'Off' | 'Optional' | 'Required'>(),
    /** What runs when somebody calls the endpoint, and the values of its public parameters. */
    flowId: uuid('flow_id'),
    flowParams: jsonb('flow_params').$type<Struct>(),
    /** What else there is to say of a SIP trunk; of a user, how digits are sent to the phones. */
    trunk: jsonb('trunk').$type<TrunkSettings>(),
    userMode: text('user_mode').$type<'SoftPhone' | 'SipPhone'>(),
    /** In lower case. */
    sipUserName: text('sip_user_name'),
    /** Endpoints that are called when the team is. */
    memberIds: uuid('member_ids').array(),
    /** H(A1) of the SIP password, encrypted: see sip-users.ts. */
    sipSecretBox: text('sip_secret_box'),
    ...audit,
  },
  (table) => [
    uniqueIndex('endpoint_e164').on(table.e164),
    uniqueIndex('endpoint_sip_user').on(table.sipUserName),
    index('endpoint_account').on(table.accountId, table.id),
  ],
);

/** Where the phones of users are, as they have registered. */
export const sipBinding = pgTable(
  'sip_binding',
  {
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => endpoint.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    contact: text('contact').notNull(),
    path: text('path').array().notNull(),
    sourceAddress: text('source_address').notNull(),
    sourcePort: integer('source_port').notNull(),
    transport: text('transport').$type<'udp' | 'tcp' | 'tls'>().notNull(),
    /** The process that holds the connection. */
    workerId: uuid('worker_id').notNull(),
    callId: text('call_id').notNull(),
    cSeq: bigint('c_seq', { mode: 'number' }).notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.endpointId, table.key] })],
);

export const flow = pgTable(
  'flow',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    name: text('name').notNull(),
    description: text('description'),
    notes: text('notes'),
    customerId: text('customer_id'),
    roles: text('roles').array().$type<NonNullable<FlowInfo['roles']>>().notNull(),
    tagIds: text('tag_ids').array().notNull(),
    nodeCount: integer('node_count').notNull(),
    /** The version that new calls run. */
    version: integer('version').notNull(),
    /** Deleted flows stay for the sessions that name them. */
    deletedAt: moment('deleted_at'),
    ...audit,
  },
  (table) => [index('flow_account').on(table.accountId, table.id)],
);

/** The graph of a flow. Every save makes a new version and none is ever changed, so a call keeps the one that it began with. */
export const flowVersion = pgTable(
  'flow_version',
  {
    flowId: uuid('flow_id')
      .notNull()
      .references(() => flow.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    graph: jsonb('graph').$type<Pick<FlowInfo, 'nodes' | 'parameters' | 'exits'>>().notNull(),
    createdAt: moment('created_at').notNull(),
    createdBy: text('created_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.flowId, table.version] })],
);

/** Uploaded audio and recordings. The bytes are on disk. */
export const file = pgTable(
  'file',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    type: text('type').$type<'Upload' | 'CallRecording' | 'VoiceMessage'>().notNull(),
    fileName: text('file_name').notNull(),
    contentType: text('content_type').notNull(),
    contentLength: integer('content_length').notNull(),
    durationMs: integer('duration_ms'),
    sessionId: uuid('session_id'),
    ...audit,
  },
  (table) => [index('file_account').on(table.accountId, table.id), index('file_session').on(table.sessionId)],
);

/**
 * One call. No foreign keys: a check per insert would cost as much as the insert, and lock the one row of a busy account.
 * `owner` and `epoch` guard every change: who no longer holds both has lost the session to another process.
 */
export const session = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    endpointId: uuid('endpoint_id'),
    /** Null, and the version too, for a flow of the session's own, which is in `plan`. */
    flowId: uuid('flow_id'),
    flowVersion: integer('flow_version'),
    /** While the session waits: the trunk that it must use, if any. */
    trunkId: uuid('trunk_id'),
    direction: text('direction').$type<'inbound' | 'outbound'>().notNull(),
    toAddress: text('to_address').notNull(),
    fromAddress: text('from_address').notNull(),
    /** For whom the call was before it was forwarded to `toAddress`, if it was. */
    forwardedFrom: text('forwarded_from'),
    /** Null while the session waits for its time: any server may claim it then. */
    owner: uuid('owner'),
    epoch: integer('epoch').notNull().default(1),
    callState: text('call_state').$type<NonNullable<SessionInfo['callState']>>().notNull(),
    outcome: text('outcome'),
    sipCause: smallint('sip_cause'),
    callSid: text('call_sid'),
    createdBy: text('created_by').notNull(),
    createdAt: moment('created_at').notNull(),
    modifiedAt: moment('modified_at').notNull(),
    answeredAt: moment('answered_at'),
    endedAt: moment('ended_at'),
    /** What another process needs to go on with the call; when it is over, what became of its audio, as `media`, and of those called beside it, as `partyReports`. */
    state: jsonb('state').$type<Record<string, unknown>>(),
    metadata: jsonb('metadata').$type<Record<string, string>>(),
    plan: jsonb('plan').$type<SessionPlan>(),
    notBefore: moment('not_before'),
    expiresAt: moment('expires_at'),
    /** When a session that waits is to be dialled. Null for all others. */
    dueAt: moment('due_at'),
    /** The request that made the session, for those that carried an Idempotency-Key. */
    loginId: uuid('login_id'),
    idempotencyKey: text('idempotency_key'),
    requestHash: text('request_hash'),
  },
  (table) => [
    index('session_account').on(table.accountId, table.id),
    index('session_live').on(table.owner).where(sql`${table.endedAt} is null`),
    index('session_due').on(table.dueAt, table.id).where(sql`${table.dueAt} is not null`),
    uniqueIndex('session_idempotency').on(table.loginId, table.idempotencyKey).where(sql`${table.idempotencyKey} is not null`),
  ],
);

/** Lines of the log of a session, in the chunks in which they were written. */
export const sessionLog = pgTable(
  'session_log',
  {
    sessionId: uuid('session_id').notNull(),
    epoch: integer('epoch').notNull(),
    chunk: integer('chunk').notNull(),
    entries: jsonb('entries').$type<SessionLogInfo[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.epoch, table.chunk] })],
);
