import { and, asc, eq, gt, inArray, lte } from 'drizzle-orm';
import type { Database, Queries } from './database.ts';
import { endpoint, sipBinding } from './schema.ts';

type Row = typeof sipBinding.$inferSelect;

/** Where a phone of a user is, and what its REGISTER was. */
export interface StoredBinding {
  readonly key: string;
  readonly contact: string;
  readonly path: readonly string[];
  readonly source: { readonly address: string; readonly port: number; readonly transport: Row['transport'] };
  readonly callId: string;
  readonly cSeq: number;
  readonly expiresAtMs: number;
}

/** What a REGISTER does to the bindings of a user. */
export interface StoredBindingChange {
  readonly removeAll: boolean;
  /** Keys. */
  readonly removed: readonly string[];
  readonly added: readonly StoredBinding[];
  readonly callId: string;
  readonly cSeq: number;
}

/** Where the phones of users are, as they have registered. */
export class BindingRepository {
  readonly #database: Database;
  readonly #workerId: string;

  /** @param workerId of this process: connections that others hold are of no use here. */
  constructor(database: Database, workerId: string) {
    this.#database = database;
    this.#workerId = workerId;
  }

  /** Bindings of a user that this process can use: not expired, and not over a connection that another process holds, the oldest first. */
  async list(endpointId: string, nowMs: number): Promise<StoredBinding[]> {
    const rows = await this.#database.run((queries) => readRows(queries, endpointId, nowMs));
    return rows.filter(({ transport, workerId }) => transport === 'udp' || workerId === this.#workerId).map(toBinding);
  }

  /**
   * Changes the bindings of a user, of which at most `most` stay, the latest. Answers all that are left; undefined, and changes nothing,
   * when the REGISTER is older than one that was seen, or the user is gone.
   */
  change(endpointId: string, change: StoredBindingChange, nowMs: number, most: number): Promise<StoredBinding[] | undefined> {
    return this.#database.transaction(async (queries) => {
      // Two REGISTERs of one user come one after the other.
      const [user] = await queries.select({ id: endpoint.id }).from(endpoint).where(eq(endpoint.id, endpointId)).for('update');
      if (!user) return undefined;
      const known = await readRows(queries, endpointId, nowMs);
      const touched = new Set([...change.removed, ...change.added.map(({ key }) => key)]);
      const affected = known.filter(({ key }) => change.removeAll || touched.has(key));
      if (affected.some(({ callId, cSeq }) => callId === change.callId && cSeq >= change.cSeq)) return undefined;
      const kept = known.filter((row) => !affected.includes(row));
      const added = change.added.map((binding) => this.#toRow(endpointId, binding));
      const left = [...kept, ...added].slice(-most);
      const stays = new Set(left);
      const gone = known.filter((row) => !stays.has(row)).map(({ key }) => key);
      await queries.delete(sipBinding).where(and(eq(sipBinding.endpointId, endpointId), lte(sipBinding.expiresAt, new Date(nowMs))));
      if (gone.length > 0)
        await queries.delete(sipBinding).where(and(eq(sipBinding.endpointId, endpointId), inArray(sipBinding.key, gone)));
      const inserted = added.filter((row) => stays.has(row));
      if (inserted.length > 0) await queries.insert(sipBinding).values(inserted);
      return left.map(toBinding);
    });
  }

  /** Forgets a binding, unless it was renewed since. */
  async remove(endpointId: string, { key, callId, cSeq }: Pick<StoredBinding, 'key' | 'callId' | 'cSeq'>): Promise<void> {
    const { endpointId: owner, key: bound, callId: by, cSeq: number } = sipBinding;
    const isIt = and(eq(owner, endpointId), eq(bound, key), eq(by, callId), eq(number, cSeq));
    await this.#database.run((queries) => queries.delete(sipBinding).where(isIt));
  }

  /** Forgets where the phones of a user are. */
  async clear(endpointId: string): Promise<void> {
    await this.#database.run((queries) => queries.delete(sipBinding).where(eq(sipBinding.endpointId, endpointId)));
  }

  #toRow(endpointId: string, { key, contact, path, source, callId, cSeq, expiresAtMs }: StoredBinding): Row {
    return {
      endpointId,
      key,
      contact,
      path: [...path],
      sourceAddress: source.address,
      sourcePort: source.port,
      transport: source.transport,
      workerId: this.#workerId,
      callId,
      cSeq,
      expiresAt: new Date(expiresAtMs),
    };
  }
}

function readRows(queries: Queries, endpointId: string, nowMs: number): Promise<Row[]> {
  return queries
    .select()
    .from(sipBinding)
    .where(and(eq(sipBinding.endpointId, endpointId), gt(sipBinding.expiresAt, new Date(nowMs))))
    .orderBy(asc(sipBinding.expiresAt), asc(sipBinding.key));
}

function toBinding({ key, contact, path, sourceAddress, sourcePort, transport, callId, cSeq, expiresAt }: Row): StoredBinding {
  const source = { address: sourceAddress, port: sourcePort, transport };
  return { key, contact, path, source, callId, cSeq, expiresAtMs: expiresAt.getTime() };
}
