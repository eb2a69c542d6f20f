import { and, asc, count, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { EndpointInfo } from '../contracts/endpoints.ts';
import type { Page, Paging } from '../contracts/entities.ts';
import { type Author, changedBy, entityInfo, madeBy, present } from './audit.ts';
import type { Database, Queries } from './database.ts';
import { toJsonText } from './json-text.ts';
import { contains, oneOfIds, orderOf, readPage, specific, type Window } from './paging.ts';
import { account, endpoint, flow } from './schema.ts';

export type EndpointRow = typeof endpoint.$inferSelect;
export type StoredEndpointType = EndpointRow['type'];
/** Columns that differ between the types. */
export type EndpointValues = Partial<
  Omit<EndpointRow, 'id' | 'accountId' | 'type' | 'createdAt' | 'modifiedAt' | 'createdBy' | 'modifiedBy'>
>;

export interface EndpointFilter {
  /** Accounts that may be seen; absent: all. */
  readonly accountIds?: readonly string[] | undefined;
  readonly nameFilter?: string | undefined;
  readonly phoneNumberFilter?: string | undefined;
  /** The whole name, in any case. */
  readonly sipUserName?: string | undefined;
  /** Absent: every type. */
  readonly types?: readonly string[] | undefined;
}

const sortFields = {
  displayName: endpoint.displayName,
  type: endpoint.type,
  phoneNumber: endpoint.e164,
  dateCreated: endpoint.createdAt,
  dateLastModified: endpoint.modifiedAt,
};

type Row = { endpoint: EndpointRow; accountName: string; flowName: string | null };

/** Where the carrier of a trunk is. */
export interface TrunkHost {
  readonly trunkId: string;
  readonly accountId: string;
  /** A host name, an IP address or a network (CIDR). */
  readonly host: string;
  /** Whether a host name is a domain with SRV records: no port goes with it (RFC 3263 section 4.2). */
  readonly isDomain: boolean;
}

/** Endpoints of every type. */
export class EndpointRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<EndpointInfo | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await select(queries, eq(endpoint.id, id), [asc(endpoint.id)], { limit: 1, offset: 0 });
      return row && toInfo(row);
    });
  }

  /** Complete rows of one account and type, the oldest first. */
  ofAccount(accountId: string, type: StoredEndpointType): Promise<EndpointRow[]> {
    return this.#database.run((queries) =>
      queries
        .select()
        .from(endpoint)
        .where(and(eq(endpoint.accountId, accountId), eq(endpoint.type, type)))
        .orderBy(asc(endpoint.id)),
    );
  }

  /** The complete row of the user whose phones sign in by this name, in lower case. */
  sipUser(sipUserName: string): Promise<EndpointRow | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries.select().from(endpoint).where(eq(endpoint.sipUserName, sipUserName));
      return row;
    });
  }

  /** Complete rows of all trunks there are, the oldest first. */
  trunkRows(): Promise<EndpointRow[]> {
    return this.#database.run((queries) => queries.select().from(endpoint).where(eq(endpoint.type, 'SipTrunk')).orderBy(asc(endpoint.id)));
  }

  /** Whether there is a user with a SIP password. */
  anySipUser(): Promise<boolean> {
    return this.#database.run(async (queries) => {
      const rows = await queries.select({ id: endpoint.id }).from(endpoint).where(isNotNull(endpoint.sipSecretBox)).limit(1);
      return rows.length > 0;
    });
  }

  /** Where calls of all trunks there are may come from, the oldest trunk first. */
  trunkHosts(): Promise<TrunkHost[]> {
    return this.#database.run(async (queries) => {
      const rows = await queries
        .select({ trunkId: endpoint.id, accountId: endpoint.accountId, host: endpoint.host, port: endpoint.port, trunk: endpoint.trunk })
        .from(endpoint)
        .where(eq(endpoint.type, 'SipTrunk'))
        .orderBy(asc(endpoint.id));
      return rows.flatMap(({ trunkId, accountId, ...row }) => hostsOf(row).map((one) => ({ trunkId, accountId, ...one })));
    });
  }

  list(filter: EndpointFilter, paging: Paging): Promise<Page<EndpointInfo>> {
    const known = filter.types?.filter(isStoredType);
    const where = and(
      oneOfIds(endpoint.accountId, filter.accountIds),
      specific(endpoint.id, paging.specificIds),
      known && inArray(endpoint.type, known),
      filter.nameFilter ? contains(endpoint.displayName, filter.nameFilter) : undefined,
      filter.sipUserName ? eq(endpoint.sipUserName, filter.sipUserName.toLowerCase()) : undefined,
      filter.phoneNumberFilter ? contains(endpoint.e164, filter.phoneNumberFilter) : undefined,
    );
    const order = orderOf(paging, sortFields, endpoint.id, 'Ascend');
    return this.#database.run((queries) =>
      readPage(paging, {
        select: (window) => select(queries, where, order, window),
        count: async () => (await queries.select({ count: count() }).from(endpoint).where(where))[0]?.count ?? 0,
        item: toInfo,
      }),
    );
  }

  /** @throws the database's error for a duplicate number (isDuplicate) or an account that is gone (isReferenced). */
  async create(
    key: { readonly id: string; readonly accountId: string; readonly type: StoredEndpointType; readonly displayName: string },
    values: EndpointValues,
    author: Author,
  ): Promise<void> {
    await this.#database.change({ kind: 'endpoint', id: key.id, accountId: key.accountId }, async (queries) => {
      await queries.insert(endpoint).values({ ...values, ...key, ...madeBy(author) });
    });
  }

  /** Members of `trunk` that are absent stay too. */
  async change(key: { readonly id: string; readonly accountId: string }, values: EndpointValues, author: Author): Promise<void> {
    await this.#database.change({ kind: 'endpoint', ...key }, async (queries) => {
      await queries
        .update(endpoint)
        .set({ ...columnsOf(values), ...changedBy(author) })
        .where(eq(endpoint.id, key.id));
    });
  }

  async remove(key: { readonly id: string; readonly accountId: string }): Promise<void> {
    await this.#database.change({ kind: 'endpoint', ...key }, async (queries) => {
      await queries.delete(endpoint).where(eq(endpoint.id, key.id));
    });
  }
}

/** What the trunk allows; if it does not say, the hosts of its targets, each once. */
function hostsOf({ host, port, trunk }: Pick<EndpointRow, 'host' | 'port' | 'trunk'>): readonly Pick<TrunkHost, 'host' | 'isDomain'>[] {
  if (trunk?.allowedSources?.length) return trunk.allowedSources.map((source) => ({ host: source, isDomain: false }));
  const targets = trunk?.targets?.length ? trunk.targets : [{ host: host ?? undefined, port: port ?? undefined }];
  const isDomain = new Map<string, boolean>();
  for (const target of targets)
    if (target.host !== undefined) isDomain.set(target.host, isDomain.get(target.host) === true || target.port === undefined);
  return [...isDomain].map(([name, is]) => ({ host: name, isDomain: is }));
}

/** What is set in `trunk` joins what is there, in the database, so that two changes at once both count. */
function columnsOf({ trunk, ...columns }: EndpointValues) {
  const added = trunk && sql`coalesce(${endpoint.trunk}, '{}'::jsonb) || ${toJsonText(trunk)}::text::jsonb`;
  return { ...columns, ...(added && { trunk: added }) };
}

function isStoredType(type: string): type is StoredEndpointType {
  return type === 'PhoneNumber' || type === 'FaxNumber' || type === 'SipTrunk' || type === 'User' || type === 'Team';
}

function select(queries: Queries, where: SQL | undefined, order: SQL[], { limit, offset }: Window): Promise<Row[]> {
  return queries
    .select({ endpoint, accountName: account.name, flowName: flow.name })
    .from(endpoint)
    .innerJoin(account, eq(account.id, endpoint.accountId))
    .leftJoin(flow, and(eq(flow.id, endpoint.flowId), isNull(flow.deletedAt)))
    .where(where)
    .orderBy(...order)
    .limit(limit)
    .offset(offset);
}

function toInfo({ endpoint: row, accountName, flowName }: Row): EndpointInfo {
  return {
    ...entityInfo(row),
    accountId: row.accountId,
    accountName,
    displayName: row.displayName,
    type: row.type,
    ...present({
      isVirtualPhoneNumber: row.isVirtual,
      phoneNumber: row.e164,
      host: row.host,
      port: row.port,
      transport: row.transport,
      userName: row.userName,
      hasPassword: row.type === 'SipTrunk' ? row.passwordBox !== null : row.type === 'User' ? row.sipSecretBox !== null : null,
      userMode: row.userMode,
      sipUserName: row.sipUserName,
      memberIds: row.memberIds,
      maxChannels: row.maxChannels,
      callsPerSecond: row.callsPerSecond,
      ringTimeoutInSeconds: row.ringTimeoutSeconds,
      srtp: row.srtp,
      flowId: row.flowId,
      flowName,
      flowParams: row.flowParams,
    }),
    ...row.trunk,
  };
}
