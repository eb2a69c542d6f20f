import { type CallbackBody, CallbackSender } from '../../src/callbacks/callback-sender.ts';
import { addressCheck } from '../../src/callbacks/public-address.ts';
import type { TimedPhoneEvent } from '../../src/cli/phone/phone-event.ts';
import { type PhoneBehaviour, TestPhone } from '../../src/cli/phone/test-phone.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import type { EndpointFlow } from '../../src/directory/endpoint-flow.ts';
import type { Principal } from '../../src/directory/principal.ts';
import { TargetHealth } from '../../src/directory/target-health.ts';
import type { TrunkTarget } from '../../src/directory/trunk-targets.ts';
import type { Trunk } from '../../src/directory/trunks.ts';
import { compileFlow } from '../../src/flow/compile-flow.ts';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { sleep } from '../../src/kernel/clock.ts';
import { type Logger, silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { SessionService } from '../../src/sessions/session-service.ts';
import type { TrunkSettings } from '../../src/store/schema.ts';
import { secretBox } from '../../src/store/secret-box.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { MediaPort } from '../../src/telephony/media/media-port.ts';
import { PhoneConnections } from '../../src/telephony/phone-connections.ts';
import type { SrtpPolicy } from '../../src/telephony/port.ts';
import { Registrar } from '../../src/telephony/registrar.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { UserCheck } from '../../src/telephony/user-check.ts';
import { defaultPort } from '../../src/wire/default-port.ts';
import type { Dns } from '../../src/wire/dns.ts';
import { cachedDns } from '../../src/wire/dns-cache.ts';
import { byFamily } from '../../src/wire/ip-address.ts';
import { type Faults, MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { WireKind } from '../../src/wire/wire.ts';
import { plainTrunk, targetAt } from './carriers.ts';
import { dnsTable } from './dns-table.ts';
import { type SeenSession, sessionTable } from './session-table.ts';
import { REALM, sipUserTable } from './sip-user-table.ts';
import { spokenAsTones } from './spoken-tones.ts';

export const SERVER = '10.0.0.1';
export const PHONE = '10.0.0.2';
const ACCOUNT = '01234567-89ab-7000-8000-000000000001';

export const manager: Principal = { userId: 'u', emailAddress: 'manager@example.com', roles: ['Manager'], accountIds: [ACCOUNT] };
export const stranger: Principal = { userId: 's', emailAddress: 'stranger@example.com', roles: ['Manager'], accountIds: ['account-2'] };
export const numberToDial = '+18144043093';
export const callerId = '+18144043000';

export interface WorldOptions {
  readonly phone?: Partial<PhoneBehaviour>;
  /** False: nothing listens where the trunk points to. */
  readonly phoneIsThere?: boolean;
  readonly flow: FlowInfo;
  readonly filter?: Faults['filter'];
  /** What else the network does to datagrams. */
  readonly faults?: Faults;
  /** Of what the network does by chance. */
  readonly networkSeed?: number;
  readonly transport?: WireKind;
  /** An address of the server besides its usual one, of the other family. */
  readonly otherServer?: string;
  /** Where the phone is, instead of its usual address. */
  readonly phoneAt?: string;
  /** Over what the phone can be reached; over everything if absent. */
  readonly phoneWires?: readonly WireKind[];
  /** What the name servers say; nothing, if absent. */
  readonly dns?: Dns;
  /** Where the trunk sends calls; the phone if absent. */
  readonly targets?: readonly TrunkTarget[];
  readonly prefixes?: readonly string[];
  /** Other members of the trunk. */
  readonly trunk?: Partial<Trunk>;
  /** What is stored of the trunk, for the checks of its targets. */
  readonly trunkSettings?: TrunkSettings;
  /** Trunks of the account besides the one. */
  readonly otherTrunks?: readonly Trunk[];
  /** Whether the account has the one; always, if absent. */
  readonly hasTrunk?: () => boolean;
  readonly ringTimeoutMs?: number;
  readonly maxChannels?: number;
  /** Streams that the server has; a hundred, if absent. */
  readonly mediaStreams?: number;
  /** The media of the server, closed with the world; absent: in this process, on the clock of the world. */
  readonly media?: MediaPort;
  /** How long the media of the server take to close a stream, as a thread may that is busy. */
  readonly mediaCloseMs?: number;
  readonly conferenceMembers?: number;
  /** Of the randomness of the server's media: sequence numbers, say. */
  readonly mediaSeed?: number;
  readonly srtp?: SrtpPolicy;
  readonly credentials?: { readonly userName: string; readonly password: string };
  /** The number of the account, instead of its usual one. */
  readonly ownNumber?: string;
  /** What runs when somebody calls the number of the account: the flow, if absent; undefined: nothing. */
  readonly numberFlow?: EndpointFlow | undefined;
  /** What runs when one of the users calls, alice or bob. Absent: there are none. */
  readonly userFlow?: EndpointFlow | undefined;
  /** Endpoints that flows can call, by their id. */
  readonly endpoints?: Readonly<Record<string, DialledEndpoint>>;
  /** How long it takes to look one of them up. */
  readonly lookUpMs?: number;
  readonly recordings?: Recordings;
  /** How long it takes to synthesise a text. */
  readonly speechMs?: number;
  /** No text can be synthesised. */
  readonly speechFails?: boolean;
  /** Runs before each session is stored, and may refuse it. */
  readonly beforeStore?: () => Promise<void>;
  /** Runs before each flow is looked up. */
  readonly beforeLoad?: () => Promise<void>;
  /** False: sessions cannot be read. */
  readonly canRead?: boolean;
  /** Of the server; absent: nothing is written. */
  readonly log?: Logger;
}

/** An event as its receiver got it. */
export interface SentEvent extends CallbackBody {
  readonly url: string;
}

/**
 * Everything below the API in one process: sessions, flows, SIP and RTP, joined by a network in memory to a phone, on one clock.
 * Only the database is a table in memory.
 */
export function callWorld(options: WorldOptions) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(options.networkSeed ?? 5), {
    ...options.faults,
    ...(options.filter && { filter: options.filter }),
  });
  const openSocket = (local: { address: string; port: number }) => network.datagramSocket(local);
  const { log = silentLogger } = options;
  const agentParts = { clock, log };
  const { otherServer, phoneAt = PHONE } = options;
  const media = (host: string, seed: number, otherHost?: string) =>
    new LocalMedia({
      ...{ clock, random: seededRandom(seed), host, ...(otherHost !== undefined && { otherHost }) },
      ...{ portRange: { first: 20_000, last: 20_999 }, openSocket, maxStreams: host === SERVER ? (options.mediaStreams ?? 100) : 100 },
    });
  const wires = (address: string, kinds: readonly WireKind[] = ['udp', 'tcp', 'tls']) =>
    kinds.map((kind) => network.wire(kind, { address, port: defaultPort(kind) }));

  const users = sipUserTable(clock, 'userFlow' in options ? undefined : [], ACCOUNT);
  const denied: string[] = [];
  const refused: string[] = [];
  const sources: string[] = [];
  const userCheck = new UserCheck(users, { realm: REALM, algorithms: ['MD5'], clock, random: seededRandom(11) });
  const serverWires = [SERVER, ...(otherServer === undefined ? [] : [otherServer])].flatMap((address) => wires(address));
  const connections = new PhoneConnections({ wires: serverWires, users, log });
  const watch = { onDenied: () => {}, onLetIn: () => {} };
  const registrar = new Registrar({ users, check: userCheck, connections, ...watch, clock, log });
  const userAgent: UserAgent = new UserAgent({
    ...agentParts,
    wires: serverWires,
    random: seededRandom(2),
    product: 'Ringflow',
    dns: cachedDns(options.dns ?? dnsTable({}), clock),
    onInvite: (invite) => telephony.invited(invite),
    onRegister: (received) => registrar.take(received),
    onReplace: (invite, replaced) => telephony.replaced(invite, replaced),
  });
  const localMedia = media(SERVER, options.mediaSeed ?? 4, otherServer);
  if (options.mediaCloseMs !== undefined) closeSlowly(localMedia, options.mediaCloseMs, clock);
  const serverMedia = options.media ?? localMedia;
  const telephony: Engine = new Engine({
    ...agentParts,
    userAgent,
    media: serverMedia,
    random: seededRandom(6),
    userCheck,
    connections,
    onDenied: (reason, address) => {
      denied.push(reason);
      sources.push(`${reason} ${address}`);
    },
    onLetIn: (address) => sources.push(`let in ${address}`),
    dns: cachedDns(options.dns ?? dnsTable({}), clock),
    onIncoming: (call) => service.incoming(call),
    ...(otherServer !== undefined && { publicAddresses: byFamily([SERVER, otherServer]) }),
  });

  const phoneEvents: TimedPhoneEvent[] = [];
  const phone =
    options.phoneIsThere === false
      ? undefined
      : new TestPhone({
          wires: wires(phoneAt, options.phoneWires),
          media: media(phoneAt, 7),
          clock,
          random: seededRandom(8),
          behaviour: { answerAfterMs: 1000, ring: true, digitsAfterMs: 0, ...options.phone },
          onEvent: (event) => phoneEvents.push(event),
        });

  const flow = { flowId: 'flow-1', accountId: ACCOUNT, version: 1, flow: options.flow };
  const trunk = plainTrunk(PHONE, {
    accountId: ACCOUNT,
    targets: options.targets ?? [targetAt(PHONE, { transport: options.transport ?? 'udp' })],
    prefixes: options.prefixes ?? [],
    maxChannels: options.maxChannels ?? 10,
    ringTimeoutMs: options.ringTimeoutMs ?? 60_000,
    srtp: options.srtp ?? 'off',
    ...options.credentials,
    ...options.trunk,
  });
  const numberFlow = 'numberFlow' in options ? options.numberFlow : { flowId: flow.flowId, parameters: {} };
  const compiled = compileFlow(flow);

  const table = sessionTable({ clock, owner: 'worker-1', beforeStore: options.beforeStore, canRead: options.canRead });
  const sessions = table.seen;
  const sounds = spokenAsTones(clock, options);
  const posts: SentEvent[] = [];
  const callbacks = new CallbackSender({
    product: 'Ringflow',
    mayReach: addressCheck(),
    clock,
    log,
    post: async ({ url, body }) => {
      posts.push({ url: url.href, ...JSON.parse(body) });
      return 204;
    },
  });

  const targetHealth = new TargetHealth({
    endpoints: {
      trunkRows: async () =>
        options.trunkSettings ? [{ id: 'trunk-1', host: PHONE, port: 5060, transport: null, trunk: options.trunkSettings }] : [],
    },
    changes: { subscribe: () => () => {} },
    telephony,
    clock,
    random: seededRandom(10),
    log,
  });

  const service: SessionService = new SessionService({
    owner: 'worker-1',
    telephony,
    ...table.stored,
    callbacks,
    changes: { subscribe: () => () => {} },
    refusals: {
      count: (reason, address) => {
        refused.push(reason);
        sources.push(`${reason} ${address}`);
      },
    },
    box: secretBox('of the call world'),
    directory: {
      flows: {
        load: async (id) => {
          await options.beforeLoad?.();
          return id === flow.flowId ? flow : undefined;
        },
        loadVersion: async (id) => (id === flow.flowId ? flow : undefined),
        compile: async (own) => compileFlow({ flowId: '', version: 0, flow: own }),
      },
      compiledFlows: { of: (stored) => (stored === flow ? compiled : compileFlow(stored)) },
      phoneNumbers: {
        ownedVoiceNumbers: async () => [
          { endpointId: 'endpoint-1', e164: options.ownNumber ?? callerId, ...(numberFlow && { flow: numberFlow }) },
        ],
      },
      trunks: { ofAccount: async () => [...(options.hasTrunk?.() === false ? [] : [trunk]), ...(options.otherTrunks ?? [])] },
      users: {
        bindings: (userId) => users.bindings(userId),
        any: async () => 'userFlow' in options,
        find: async (name) => {
          const user = await users.find(name);
          return user && { ...user, displayName: name, ...(options.userFlow && { flow: options.userFlow }) };
        },
      },
      endpoints: {
        find: async (_account, id) => {
          if (options.lookUpMs) await sleep(clock, options.lookUpMs, new AbortController().signal);
          return options.endpoints?.[id];
        },
      },
      trunkSources: { at: async (address) => (address === phoneAt ? [{ trunkId: 'trunk-1', accountId: ACCOUNT }] : []) },
    },
    flowParts: (row, plan) => ({
      flow: plan.flow.compiled,
      known: {
        session: { Id: row.id, From: row.fromAddress, To: row.toAddress, ForwardedFrom: row.extras?.forwardedFrom ?? '' },
        ...(plan.parameters && { parameters: plan.parameters }),
      },
      sounds,
      recordings: options.recordings ?? noRecordings,
      loadFlow: () => undefined,
      clock,
    }),
    clock,
    targetHealth,
    conferenceMembers: options.conferenceMembers ?? 100,
    random: seededRandom(9),
    log,
  });

  const liveThings = () => ({
    sessions: service.liveSessions,
    legs: telephony.liveLegs,
    streams: serverMedia.openStreams,
    dialogs: userAgent.liveDialogs,
    transactions: userAgent.liveTransactions,
  });

  return {
    clock,
    network,
    service,
    telephony,
    targetHealth,
    users,
    phone,
    phoneEvents,
    sessions,
    /** The table of calls that wait: what it answers may be changed. */
    schedule: table.stored.schedule,
    /** The events that were sent to their receivers. */
    posts,
    /** Asks for a call and answers its session. The request is answered before any time passes. */
    async call(request: { flowId?: string; numberToDial?: string; callerId?: string } = {}): Promise<SeenSession> {
      const { id } = await service.createOutgoing(manager, { flowId: 'flow-1', numberToDial, ...request });
      const seen = sessions.get(id ?? '');
      if (!seen) throw new Error('The session was not stored');
      return seen;
    },
    /** Lets time pass until the session is over; answers whether it ever was. */
    over: (session: SeenSession) => clock.runUntil(() => session.endedAtMs !== undefined && service.liveSessions === 0, 600_000),
    /** Why callers were not let in who have shown no right password. */
    denied,
    /** Why calls were not taken. */
    refused,
    /** What was told of where those came from who were let in, or were not. */
    sources,
    liveThings,
    /** Forgets what was seen so far. */
    forget(): void {
      sessions.clear();
      for (const seen of [posts, phoneEvents, denied, refused, sources, users.wrong]) seen.length = 0;
    },
    /** Hangs up everything at once. */
    async stop(): Promise<void> {
      let stopped = false;
      void service.stop(0).then(() => {
        stopped = true;
      });
      await clock.runUntil(() => stopped, 60_000);
    },
    /** Lets every timer run out and closes everything. Answers what is left of the server: all zero when nothing leaks. */
    async finish(): Promise<Record<string, number>> {
      await targetHealth.close();
      await clock.runUntil(() => clock.pendingTimers === 0, 300_000);
      const left = { ...liveThings(), timers: clock.pendingTimers };
      await phone?.close();
      await telephony.close();
      return { ...left, ports: network.openPorts };
    },
  };
}

export const nothingLeft = { sessions: 0, legs: 0, streams: 0, dialogs: 0, transactions: 0, timers: 0, ports: 0 };

const noRecordings: Recordings = {
  newPath: () => '/no-such-folder/call.wav',
  leave: () => {},
  save: async () => 'file-1',
  discard: async () => {},
};

function closeSlowly(media: LocalMedia, afterMs: number, clock: VirtualClock): void {
  const open = media.open.bind(media);
  media.open = async () => {
    const stream = await open();
    const close = stream.close.bind(stream);
    stream.close = async () => {
      const report = await close();
      await sleep(clock, afterMs, new AbortController().signal);
      return report;
    };
    return stream;
  };
}
