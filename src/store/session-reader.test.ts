import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';

let store: TestStore;
const accountId = freshId();
const endpointId = freshId();
// Ids of the same millisecond are in no order.
const ids = Array.from({ length: 30 }, freshId).sort();
beforeAll(async () => {
  store = await openTestStore();
  for (const [index, id] of ids.entries()) {
    const row = newSessionRow({
      id,
      accountId,
      owner: store.workers.id,
      toAddress: `+1814404${String(3000 + index)}`,
      createdAtMs: Date.UTC(2026, 0, 1 + index),
      ...(index === 3 && { endpointId }),
    });
    await store.sessions.create(row);
  }
  await store.sessions.create(newSessionRow());
  store.sessionWriter.log(ids[5] ?? '', 1, [{ date: '2026-01-01T00:00:00.000Z', message: 'It is 100% "Sure_Thing" \\ here' }]);
  await store.sessionWriter.flush();
});
afterAll(() => store.close());

const list = (filter: object, paging = {}) => store.sessionReader.list({ accountIds: [accountId], ...filter }, paging);

describe('paging', () => {
  it('gives the newest first, 25 to a page', async () => {
    const first = await list({});
    expect(first).toMatchObject({ totalCount: 30, totalPages: 2, hasMorePages: true });
    expect(first.items.map((item) => item.id)).toEqual(ids.slice(5).reverse());
    const second = await list({}, { page: 1 });
    expect(second).toMatchObject({ totalCount: 30, totalPages: 2, hasMorePages: false });
    expect(second.items).toHaveLength(5);
    expect(await list({}, { page: 7 })).toEqual({ items: [], totalCount: 30, totalPages: 2, hasMorePages: false });
  });

  it('leaves the counts out when asked to, and gives everything when asked to', async () => {
    expect(await list({}, { simplifiedPaging: true, countPerPage: 30 })).not.toHaveProperty('totalCount');
    expect((await list({}, { all: true, countPerPage: 1 })).items).toHaveLength(30);
  });

  it('sorts by members that are allowed, in either spelling, and by no others', async () => {
    const page = await list({}, { sortField: 'ToAddress', sortOrder: 'Ascend', countPerPage: 2 });
    expect(page.items.map((item) => item.toAddress)).toEqual(['+18144043000', '+18144043001']);
    await expect(list({}, { sortField: 'state; drop table session' })).rejects.toMatchObject({
      code: 'INVALID_MEMBER',
      fields: [{ fieldName: 'SortField' }],
    });
  });

  it.each([{ page: -1 }, { page: 0.5 }, { countPerPage: 0 }, { countPerPage: 1e9 }, { page: Number.NaN }])('refuses %o', async (paging) => {
    await expect(list({}, paging)).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
  });
});

describe('filters', () => {
  it('shows nothing of accounts that are not among the given', async () => {
    expect((await store.sessionReader.list({ accountIds: [] }, {})).items).toEqual([]);
    expect((await store.sessionReader.list({ accountIds: [freshId(), 'not an id'] }, {})).totalCount).toBe(0);
    expect((await store.sessionReader.list({}, {})).totalCount).toBe(31);
  });

  it('finds by id, endpoint, part of an address and time', async () => {
    expect((await list({}, { specificIds: [ids[1], "x' or 1=1", ids[2]] })).totalCount).toBe(2);
    expect((await list({ endpointIds: [endpointId] })).items.map((item) => item.id)).toEqual([ids[3]]);
    expect((await list({ toAddress: '3012' })).items.map((item) => item.id)).toEqual([ids[12]]);
    expect((await list({ from: new Date(Date.UTC(2026, 0, 3)), until: new Date(Date.UTC(2026, 0, 5)) })).totalCount).toBe(2);
  });

  it.each(['100%', '_thing', '"sure', 'it is'])('finds %s in the log, where every sign means itself', async (logText) => {
    const page = await list({ logText });
    expect(page.items.map((item) => item.id)).toEqual([ids[5]]);
    expect(page.items[0]?.log).toHaveLength(1);
  });

  it.each(['1__%', 'date', '\u0000', '%_%_%_'])('does not find %s there', async (logText) => {
    expect((await list({ logText })).totalCount).toBe(0);
  });
});

it('answers undefined for a session that does not exist', async () => {
  expect(await store.sessionReader.find(freshId())).toBeUndefined();
});

describe('a hold', () => {
  it('is shown while the session is on, and not after', async () => {
    const owner = store.workers.id;
    const row = newSessionRow({ owner });
    await store.sessions.create(row);
    const shown = async () => {
      await store.sessionWriter.flush();
      const { callState, holdReason, heldByUserId } = (await store.sessionReader.find(row.id))?.info ?? {};
      return [callState, holdReason, heldByUserId];
    };
    store.sessionWriter.change(row.id, 1, { callState: 'Hold', state: { leg: {}, hold: { reason: 'Transferring', byUserId: 'user-1' } } });
    expect(await shown()).toEqual(['Hold', 'Transferring', 'user-1']);
    store.sessionWriter.change(row.id, 1, { callState: 'Hold', state: { hold: { reason: 'None' } } });
    expect(await shown()).toEqual(['Hold', 'None', undefined]);
    store.sessionWriter.change(row.id, 1, { callState: 'Disconnected', endedAtMs: Date.UTC(2026, 1, 1) });
    expect(await shown()).toEqual(['Disconnected', undefined, undefined]);
  });
});
