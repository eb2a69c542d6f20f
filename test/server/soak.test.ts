import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiError } from '../../src/cli/api-client.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import { ListSessions } from '../../src/contracts/sessions.ts';
import { countsLine, type ProcessCounts, processCounts } from '../support/process-counts.ts';
import { newAccount, type RealServer, realServer } from '../support/real-server.ts';
import { SOAK_CALLS } from '../support/soak-counts.ts';
import { type SoakedCallee, soakedCallee } from '../support/soaked-callee.ts';
import { type Placing, type SoakedFlows, soakedFlows } from '../support/soaked-flows.ts';
import { callsOf, fateOf, kindOf, numberOf, type PlacedKind, placedKinds } from '../support/soaked-kinds.ts';
import { type SoakedPhones, soakedPhones } from '../support/soaked-phones.ts';
import { type ThreadMemory, tellsMemory } from '../support/thread-memory.ts';

// The whole server as it is built, with its sockets, its media threads and its database: calls that speak, are joined with another, recorded,
// encrypted, and come in, those that meet in conferences and are sent on, and phones that register.

/** What is made once, as connections to the database and compiled code, is made in the first calls. */
const WARM_UP = Math.floor(SOAK_CALLS / 5);
const AT_ONCE = 100;
const PER_SECOND = 80;
/** A call lasts that long at most, on a machine that has other things to do. */
const CALL_LIMIT_MS = 120_000;
const TRY_AGAIN_MS = 250;
const MOST_TRIES = 400;
/** Transactions remember what they have answered for 32 s (RFC 3261, timers H and J). */
const SETTLED_AFTER_MS = 40_000;
/** What there is is counted after so many calls, again and again. */
const COUNTED_EVERY = 8000;
const MEDIA_THREADS = 2;
/**
 * INVITEs that nobody has answered, one of five here, are known for four minutes and take 1.3 KiB each: 2 MiB after 8,000 calls, and up to
 * 4 MiB after more. Of 8,000 calls each of which leaves 1 KiB behind it would be 8 MiB.
 */
const MOST_NEW_OBJECTS_KIB = 5 * 1024;
/** Nothing is kept in a media thread. Of 4,000 calls each of which leaves 1 KiB behind it would be 4 MiB, of the 700 that are joined as many KiB. */
const MOST_NEW_MEDIA_OBJECTS_KIB = 640;
const MOST_NEW_EXTERNAL_KIB = 1024;
/** Compiled code goes on to be improved. */
const MOST_NEW_CODE_KIB = 3 * 1024;
/** What native code has asked for lies scattered, by up to 9 MiB. Of 8,000 calls each of which leaves 3 KiB behind it would be 24 MiB. */
const MOST_NEW_BESIDE_HEAPS_KIB = 16 * 1024;
/** Of 8,000 calls each of which leaves one it would be 8,000. */
const MOST_NEW_FILES = 20;

const RTP_PORTS = { first: 40_000, last: 40_999 };
/** Each media thread has a part of the ports, one after the other and equally large. */
const threadOf = (port: number): number => Math.floor(((port - RTP_PORTS.first) * MEDIA_THREADS) / (RTP_PORTS.last + 1 - RTP_PORTS.first));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let server: RealServer;
let callee: SoakedCallee;
let phones: SoakedPhones;
let account: ReadyAccount;
let flows: SoakedFlows;
let refusals = 0;
/** Calls that have come in beside others, to meet them in their conferences. */
let guests = 0;
/** Threads have some ports open in advance, and never more than now. */
let portsAtFirst = 0;

beforeAll(async () => {
  server = await realServer({ ...tellsMemory, RINGFLOW_MEDIA_THREADS: String(MEDIA_THREADS), RINGFLOW_SIP_TRUNK_RATE_LIMIT: '0' });
  callee = await soakedCallee(threadOf);
  const limits = { maxChannels: 2 * AT_ONCE, ringTimeoutInSeconds: 5 };
  account = await newAccount(server.child, callee.port, limits);
  flows = await soakedFlows(account, { port: callee.port, ...limits });
  phones = await soakedPhones({ server: server.sip, users: flows.users, audio: callee.audio });
  ({ udpPorts: portsAtFirst } = await processCounts(server.child));
}, 120_000);

afterAll(async () => {
  await phones?.close();
  await callee?.close();
  await server?.remove();
}, 60_000);

/** Places a call, again when the server has no room for it. */
async function placed(numberToDial: string, placing: Placing): Promise<{ readonly id?: string }> {
  for (let tries = 1; ; tries++) {
    try {
      return await account.api.call(PlaceCall, { ...placing, numberToDial });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 503 && tries < MOST_TRIES)) throw error;
      refusals++;
      await pause(TRY_AGAIN_MS);
    }
  }
}

async function cancel(id: string): Promise<void> {
  const { url, user, password } = account.login;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(`${url}/sessions/${id}`, { method: 'DELETE', headers: { authorization } });
  expect(response.status).toBe(204);
}

/** Has the server called by this number, again when it has no room. */
async function taken(caller: string, number: string, hangsUp: boolean): Promise<void> {
  for (let tries = 1; !(await callee.call(server.sip, number, caller, hangsUp)); tries++) {
    if (tries === MOST_TRIES) throw new Error('The server has no room for calls');
    refusals++;
    await pause(TRY_AGAIN_MS);
  }
}

/** `meanwhile` is done when it has been answered and left to the flow, again and again until it is over. */
async function dialled(number: string, placing: Placing, meanwhile?: () => Promise<void>): Promise<void> {
  let isOver = false;
  const over = callee.over(number).then(() => {
    isOver = true;
  });
  const isAnswered = meanwhile && fateOf(number) === 'we hang up' ? callee.answered(number) : undefined;
  const { id = '' } = await placed(number, placing);
  if (fateOf(number) === 'cancelled') {
    await pause(50);
    await cancel(id);
  }
  if (isAnswered !== undefined) {
    await isAnswered;
    while (!isOver) await meanwhile?.();
  }
  await over;
}

/** Comes into the conference of this number, and ends it for all who are there. That may be nobody yet. */
async function guest(number: string): Promise<void> {
  await taken(number, flows.roomNumber, true);
  guests++;
}

/** Places a call of some kind, and does the others' part in it. */
async function callOf(kind: PlacedKind, number: string): Promise<void> {
  switch (kind) {
    case 'user': {
      const phone = await phones.take();
      await dialled(number, flows.placingTo(phone.user));
      return phone.giveBack();
    }
    case 'conference':
      return dialled(number, flows.placing[kind], () => guest(number));
    default:
      return dialled(number, flows.placing[kind]);
  }
}

async function wholeCall(index: number): Promise<void> {
  const number = numberOf(index);
  const kind = kindOf(index);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The call ${number} (${kind}) does not end`)), CALL_LIMIT_MS);
  });
  const over = kind === 'incoming' ? taken(number, flows.ownNumber, fateOf(number) !== 'we hang up') : callOf(kind, number);
  await Promise.race([over, late]).finally(() => clearTimeout(timer));
}

/** Makes the calls from `first` up to `end`, at a steady rate while no more than `AT_ONCE` are under way. */
async function calls(first: number, end: number): Promise<void> {
  const beganMs = performance.now();
  let next = first;
  const line = async (): Promise<void> => {
    while (next < end) {
      const index = next++;
      await pause(Math.max(0, beganMs + ((index - first) * 1000) / PER_SECOND - performance.now()));
      await wholeCall(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  const seconds = (performance.now() - beganMs) / 1000;
  const rate = Math.round((end - first) / seconds);
  process.stdout.write(`${end - first} calls in ${Math.round(seconds)} s: ${rate}/s; ${refusals} requests tried again\n`);
}

/** All sessions of the account, by their outcome, and how many of them live. */
async function storedSessions(): Promise<{ outcomes: Record<string, number>; live: number }> {
  const outcomes: Record<string, number> = {};
  let live = 0;
  for (let page = 0; ; page++) {
    const { items, hasMorePages } = await account.api.call(ListSessions, { countPerPage: 1000, page });
    for (const { ended, outcome = 'none' } of items) {
      if (ended !== true) live++;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    if (hasMorePages !== true) return { outcomes, live };
  }
}

/** Waits until all is over that still runs of `made` calls, and counts what the server holds then. */
async function counted(made: number): Promise<ProcessCounts> {
  await pause(SETTLED_AFTER_MS);
  const counts = await processCounts(server.child);
  process.stdout.write(`After ${made} calls: ${countsLine(counts)}\n`);
  return counts;
}

const otherFiles = ({ files, udpPorts, apiConnections }: ProcessCounts): number => files - udpPorts - apiConnections;
const isMediaThread = ({ script }: ThreadMemory): boolean => script === 'worker-main.js';
/** The thread that speaks ends when it has nothing to do. */
const isKept = (thread: ThreadMemory): boolean => isMediaThread(thread) || thread.threadId === 0;

function expectNothingLeft(before: ProcessCounts, after: ProcessCounts): void {
  expect.soft(after.udpPorts).toBeLessThanOrEqual(portsAtFirst);
  expect.soft(after.threads).toBeLessThanOrEqual(before.threads);
  expect.soft(otherFiles(after) - otherFiles(before)).toBeLessThanOrEqual(MOST_NEW_FILES);
  expect.soft(before.memory.filter(isMediaThread)).toHaveLength(MEDIA_THREADS);
  for (const then of before.memory.filter(isKept)) {
    const now = after.memory.find(({ threadId }) => threadId === then.threadId);
    const name = `${then.script} ${then.threadId}`;
    const mostObjectsKiB = isMediaThread(then) ? MOST_NEW_MEDIA_OBJECTS_KIB : MOST_NEW_OBJECTS_KIB;
    expect.soft((now?.objectsKiB ?? Number.NaN) - then.objectsKiB, `objects of ${name}`).toBeLessThan(mostObjectsKiB);
    expect.soft((now?.externalKiB ?? Number.NaN) - then.externalKiB, `external memory of ${name}`).toBeLessThan(MOST_NEW_EXTERNAL_KIB);
    if (isMediaThread(then)) expect.soft(now?.messagePorts, `message ports of ${name}`).toBeLessThanOrEqual(then.messagePorts);
    expect.soft(now?.sharedBuffers, `shared buffers of ${name}`).toBeLessThanOrEqual(then.sharedBuffers);
    expect.soft((now?.codeKiB ?? Number.NaN) - then.codeKiB, `code of ${name}`).toBeLessThan(MOST_NEW_CODE_KIB);
  }
  expect.soft(after.besideHeapsKiB - before.besideHeapsKiB).toBeLessThan(MOST_NEW_BESIDE_HEAPS_KIB);
}

it(
  `${SOAK_CALLS} calls of the whole server: each has its outcome in the database, and nothing of them is left`,
  async () => {
    await calls(0, WARM_UP);
    const before = await counted(WARM_UP);
    expect((await storedSessions()).live).toBe(0);
    for (let made = WARM_UP; made < SOAK_CALLS; ) {
      const end = Math.min(SOAK_CALLS, made + COUNTED_EVERY);
      await calls(made, end);
      made = end;
      expectNothingLeft(before, await counted(made));
    }

    const { outcomes, live } = await storedSessions();
    const packets = callee.audio.packets();
    const ofPhones = phones.counts();
    const pairs = callee.pairs();
    process.stdout.write(`${JSON.stringify(outcomes)}; ${live} live; ${packets.all} packets of audio; ${callee.friends()} joined\n`);
    process.stdout.write(
      `${guests} have come into conferences; ${callee.sentOn()} sent on; ${JSON.stringify(pairs)}; phones: ${JSON.stringify(ofPhones)}\n`,
    );
    expect(live).toBe(0);
    const { Completed = 0, CalleeHungUp = 0, CallerHungUp = 0, ...others } = outcomes;
    const leftToFlows = callsOf(placedKinds, ['we hang up']);
    const ofCallers = callsOf(['incoming']);
    // Who comes late to hanging up may find that the flow was faster. Of two callers who were left to each other one hangs up.
    expect(Completed).toBeGreaterThanOrEqual(leftToFlows + callsOf(['incoming'], ['we hang up']) - pairs.joined);
    expect(Completed + CalleeHungUp + CallerHungUp).toBe(leftToFlows + callsOf(placedKinds, ['callee hangs up']) + ofCallers + guests);
    expect(CalleeHungUp).toBeGreaterThan(0);
    expect(CallerHungUp).toBeGreaterThan(0);
    expect(CallerHungUp).toBeLessThanOrEqual(ofCallers - callsOf(['incoming'], ['we hang up']) + guests);
    const failed = {
      Busy: callsOf(placedKinds, ['busy']),
      Cancelled: callsOf(placedKinds, ['cancelled']),
      NoAnswer: callsOf(placedKinds, ['not answered']),
    };
    expect(others).toEqual(failed);
    // Of ten calls two dial somebody, and six of ten of those get to it.
    expect(callee.friends()).toBeGreaterThan(SOAK_CALLS / 10);
    // Those and the calls that are recorded, a tenth, seven of ten of which are answered.
    const { totalCount = 0 } = await account.api.call(ListFiles, { type: 'CallRecording', countPerPage: 1 });
    expect(totalCount).toBeGreaterThan(callee.friends() + SOAK_CALLS / 20);
    expect(guests).toBeGreaterThanOrEqual(callsOf(['conference'], ['we hang up']));
    expect(callee.sentOn()).toBeGreaterThanOrEqual(callsOf(['transferred'], ['we hang up']));
    expect(ofPhones.answered).toBeGreaterThanOrEqual(callsOf(['user'], ['we hang up']));
    // Each leaves after two calls, and may have had one since.
    expect(ofPhones.left).toBeGreaterThanOrEqual((callsOf(['user']) - flows.users.length) / 2);
    expect(ofPhones.registered).toBeGreaterThanOrEqual(callsOf(['user']));
    expect(pairs.joined).toBeGreaterThan(callsOf(['joined'], ['we hang up']) / 4);
    // Each call is at the thread that has less to do.
    expect(pairs.joinedAcross).toBeGreaterThan(0);
    expect(packets.all).toBeGreaterThan(5 * SOAK_CALLS);
    expect(packets.encrypted).toBeGreaterThan(SOAK_CALLS / 3);
  },
  240_000 + SOAK_CALLS * 120,
);
