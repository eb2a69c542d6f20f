import { and, arrayContains, asc, count, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { Page, Paging } from '../contracts/entities.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import { expectRow } from './account-repository.ts';
import { type Author, changedBy, entityInfo, madeBy, present } from './audit.ts';
import type { Database, Queries } from './database.ts';
import { cleanJson } from './json-text.ts';
import { contains, oneOfIds, orderOf, readPage, specific, type Window } from './paging.ts';
import { account, flow, flowVersion } from './schema.ts';

/** A flow with the number of the version that it shows. */
export interface VersionedFlow {
  readonly version: number;
  readonly info: FlowInfo;
}

export interface FlowFilter {
  /** Accounts that may be seen; absent: all. */
  readonly accountIds?: readonly string[] | undefined;
  readonly customerIds?: readonly string[] | undefined;
  readonly nameFilter?: string | undefined;
  readonly role?: FlowRole | undefined;
  /** Only flows with a node whose type is this one. */
  readonly nodeType?: string | undefined;
  readonly withGraph: boolean;
}

type FlowRow = typeof flow.$inferSelect;
type FlowRole = FlowRow['roles'][number];
type Graph = typeof flowVersion.$inferSelect.graph;
type Row = { flow: FlowRow; accountName: string; graph: Graph | null };

const sortFields = { name: flow.name, nodeCount: flow.nodeCount, dateCreated: flow.createdAt, dateLastModified: flow.modifiedAt };

/** Flows and their versions. A version, once written, never changes. */
export class FlowRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The current version. */
  find(id: string): Promise<VersionedFlow | undefined> {
    return this.#database.run((queries) => findIn(queries, id));
  }

  /** The graph of one version, also of a flow that is deleted. */
  findVersion(id: string, version: number): Promise<Graph | undefined> {
    return this.#database.run(async (queries) => {
      const where = and(eq(flowVersion.flowId, id), eq(flowVersion.version, version));
      return (await queries.select({ graph: flowVersion.graph }).from(flowVersion).where(where))[0]?.graph;
    });
  }

  list(filter: FlowFilter, paging: Paging): Promise<Page<FlowInfo>> {
    const where = and(
      isNull(flow.deletedAt),
      oneOfIds(flow.accountId, filter.accountIds),
      specific(flow.id, paging.specificIds),
      filter.customerIds?.length ? inArray(flow.customerId, [...filter.customerIds]) : undefined,
      filter.nameFilter ? contains(flow.name, filter.nameFilter) : undefined,
      filter.role && arrayContains(flow.roles, [filter.role]),
      filter.nodeType ? hasNode(filter.nodeType) : undefined,
    );
    const order = orderOf(paging, sortFields, flow.id, 'Ascend');
    return this.#database.run((queries) =>
      readPage(paging, {
        select: (window) => select(queries, where, order, window, filter.withGraph),
        count: async () => (await queries.select({ count: count() }).from(flow).where(where))[0]?.count ?? 0,
        item: (row) => toInfo(row),
      }),
    );
  }

  /** @throws the database's error for an account that is gone; see isReferenced. */
  create(key: { readonly id: string; readonly accountId: string }, info: FlowInfo, author: Author): Promise<VersionedFlow> {
    return this.#database.change({ kind: 'flow', ...key }, async (queries) => {
      await queries.insert(flow).values({ ...toColumns(info), ...key, version: 1, ...madeBy(author) });
      await addVersion(queries, key.id, 1, info, author);
      return expectRow(await findIn(queries, key.id));
    });
  }

  /** Writes a new version. Undefined when the flow is gone. */
  change(key: { readonly id: string; readonly accountId: string }, info: FlowInfo, author: Author): Promise<VersionedFlow | undefined> {
    return this.#database.change({ kind: 'flow', ...key }, async (queries) => {
      const [row] = await queries
        .update(flow)
        .set({ ...toColumns(info), version: sql`${flow.version} + 1`, ...changedBy(author) })
        .where(and(eq(flow.id, key.id), isNull(flow.deletedAt)))
        .returning({ version: flow.version });
      if (!row) return undefined;
      await addVersion(queries, key.id, row.version, info, author);
      return findIn(queries, key.id);
    });
  }

  async remove(key: { readonly id: string; readonly accountId: string }, author: Author): Promise<void> {
    await this.#database.change({ kind: 'flow', ...key }, async (queries) => {
      await queries
        .update(flow)
        .set({ deletedAt: new Date(author.atMs), ...changedBy(author) })
        .where(eq(flow.id, key.id));
    });
  }
}

async function findIn(queries: Queries, id: string): Promise<VersionedFlow | undefined> {
  const where = and(eq(flow.id, id), isNull(flow.deletedAt));
  const [row] = await select(queries, where, [asc(flow.id)], { limit: 1, offset: 0 }, true);
  return row && { version: row.flow.version, info: toInfo(row) };
}

function select(queries: Queries, where: SQL | undefined, order: SQL[], { limit, offset }: Window, withGraph: boolean): Promise<Row[]> {
  // A list without nodes does not read them: a graph may be large.
  const graph = withGraph ? sql<Graph | null>`${flowVersion.graph}`.mapWith(flowVersion.graph) : sql<Graph | null>`null`;
  return queries
    .select({ flow, accountName: account.name, graph })
    .from(flow)
    .innerJoin(account, eq(account.id, flow.accountId))
    .innerJoin(flowVersion, and(eq(flowVersion.flowId, flow.id), eq(flowVersion.version, flow.version)))
    .where(where)
    .orderBy(...order)
    .limit(limit)
    .offset(offset);
}

/** The type of a node is the last part of its url; `typeName` may be absent. */
function hasNode(type: string): SQL {
  const nodes = sql`jsonb_array_elements(v.graph -> 'nodes')`;
  return sql`exists (select 1 from ${flowVersion} v, ${nodes} node where v.flow_id = ${flow.id} and v.version = ${flow.version}
    and right(node -> 'spec' ->> 'url', length(${type}::text) + 1) = '/' || ${type}::text)`;
}

async function addVersion(queries: Queries, flowId: string, version: number, info: FlowInfo, author: Author): Promise<void> {
  const { nodes, parameters, exits } = info;
  const graph = cleanJson(present({ nodes, parameters, exits }));
  await queries.insert(flowVersion).values({ flowId, version, graph, createdAt: new Date(author.atMs), createdBy: author.emailAddress });
}

function toColumns(info: FlowInfo) {
  return {
    name: info.name ?? '',
    description: info.description ?? null,
    notes: info.notes ?? null,
    customerId: info.customerId ?? null,
    roles: info.roles ?? [],
    tagIds: info.tagIds ?? [],
    nodeCount: info.nodes?.length ?? 0,
  };
}

function toInfo({ flow: row, accountName, graph }: Row): FlowInfo {
  return {
    ...entityInfo(row),
    accountId: row.accountId,
    accountName,
    name: row.name,
    ...present({ description: row.description, notes: row.notes, customerId: row.customerId }),
    roles: row.roles,
    tagIds: row.tagIds,
    nodeCount: row.nodeCount,
    ...graph,
  };
}
