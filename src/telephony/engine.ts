import { type Clock, sleep } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { defaultPort } from '../wire/default-port.ts';
import type { Dns } from '../wire/dns.ts';
import { type ByFamily, byFamily, familyOf } from '../wire/ip-address.ts';
import { type LocatedServer, ServerLocator } from '../wire/locate-servers.ts';
import { InboundLeg } from './inbound-leg.ts';
import { type Leg, type LegParts, streamOf } from './leg.ts';
import { LegMedia } from './leg-media.ts';
import { type AudioCodec, audioCodecs, type MediaPort, type MediaStream } from './media/media-port.ts';
import { OutboundLeg } from './outbound-leg.ts';
import { ParallelInvites, type SendInvite } from './parallel-invites.ts';
import type {
  AnsweredCall,
  AnswerRequest,
  AudioRoom,
  CallingUser,
  CallSlot,
  DialRequest,
  IncomingCall,
  IncomingSlot,
  LegEvents,
  PlacedCall,
  Registration,
  RegistrationRequest,
  RingRequest,
  SipHost,
  Telephony,
} from './port.ts';
import type { PasswordWatch } from './refusals.ts';
import { RingingCall } from './ringing-call.ts';
import { newLocalSrtp } from './sdp/srtp-offer.ts';
import { type WrittenParties, writeParties } from './sip/caller-identity.ts';
import { extraHeaders } from './sip/extra-headers.ts';
import { writeHostPort } from './sip/host-port.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import type { InviteEvents } from './sip/outgoing-invite.ts';
import { readDialogState } from './sip/read-dialog-state.ts';
import type { RedirectPolicy } from './sip/redirection.ts';
import { type Hop, transportParam } from './sip/transport.ts';
import { escapeUser, parseUri, writeUri } from './sip/uri.ts';
import type { UserAgent } from './sip/user-agent.ts';
import type { Denial, UserCheck } from './user-check.ts';

export interface EngineOptions {
  readonly userAgent: UserAgent;
  readonly media: MediaPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Finds the servers of trunks. */
  readonly dns: Dns;
  /** The addresses that peers send audio to, where that is not the local one: with two, streams have ports of both families. */
  readonly publicAddresses?: ByFamily;
  /** Takes incoming calls. It must not throw. Without it they are refused. */
  readonly onIncoming?: (call: IncomingCall) => void;
  /** Finds out which user calls. Without it there are none. */
  readonly userCheck?: UserCheck;
  /** Called for each call that is not let in because its caller has shown no right password. */
  readonly onDenied?: PasswordWatch['onDenied'];
  /** Called for each call whose caller has shown the right password. */
  readonly onLetIn?: PasswordWatch['onLetIn'];
}

const TELEPHONE_EVENT = 101;
/** When callers may try again whom a server that starts or stops refuses. */
const RETRY_SECONDS = 5;
/** What we offer when a trunk says nothing: what every carrier has comes first. */
const DEFAULT_CODECS: readonly AudioCodec[] = ['PCMU', 'PCMA', 'G722'];
/** How long closing waits for the answers to CANCEL and BYE: long enough for some repetitions. */
const FAREWELL_MS = 2000;

/** The SIP user agent and the media engine behind the one door that sessions and flows know. */
export class Engine implements Telephony {
  readonly #options: EngineOptions;
  readonly #locator: ServerLocator;
  readonly #legs = new Set<Leg>();
  /** Incoming calls that nobody has answered or refused yet. */
  readonly #ringing = new Set<RingingCall>();
  /** BYEs that are not answered yet. */
  readonly #farewells = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { dns, clock, random, userAgent } = options;
    this.#locator = new ServerLocator({ dns, clock, random, canReach: (kind, family) => userAgent.canReach(kind, family) });
  }

  get liveLegs(): number {
    return this.#legs.size;
  }

  openRoom(): AudioRoom {
    return this.#options.media.openRoom();
  }

  async reserve(near?: AnsweredCall): Promise<CallSlot> {
    const stream = await this.#options.media.open(near && streamOf(near));
    let used = false;
    return {
      dial: (request, events) => {
        used = true;
        return this.#dial(request, events, stream);
      },
      ring: (request, events) => {
        used = true;
        return this.#ring(request, events, stream);
      },
      release: async () => {
        if (!used) await stream.close();
      },
    };
  }

  async ping({ host, port, transport }: SipHost, signal: AbortSignal): Promise<number | undefined> {
    const servers = await this.#locator.locate({ host, port, transport }, signal).catch(() => []);
    const uri = `sip:${domainOf({ host, port, transport })}`;
    const requestUri = `${uri}${transportParam(transport ?? 'udp')}`;
    // One server that answers is enough: a call finds it too.
    const answers = servers.map(async (to) => {
      const response = await this.#options.userAgent.request({ method: 'OPTIONS', to, requestUri, from: uri, toUri: uri }, signal);
      if (!response) throw new Error('No response');
      return response.status;
    });
    return Promise.any(answers).catch(() => undefined);
  }

  registration({ user, domain, contactUser, credentials, host, port, transport }: RegistrationRequest): Registration {
    const ownDomain = domain ?? domainOf({ host, port, transport });
    const client = this.#options.userAgent.registration({
      registrar: `sip:${ownDomain}${transportParam(transport ?? 'udp')}`,
      address: `sip:${escapeUser(user)}@${ownDomain}`,
      contactUser: escapeUser(contactUser),
      ...(credentials && { credentials }),
    });
    return {
      register: async (expiresSeconds, signal) => {
        const servers = await this.#locator.locate({ host, port, transport }, signal).catch(() => []);
        for (const to of servers) {
          const result = await client.register(to, expiresSeconds, signal);
          if (result.registered || result.status !== undefined || signal.aborted) return result;
        }
        return { registered: false };
      },
    };
  }

  async #firstServer({ host, port, transport }: SipHost, signal: AbortSignal): Promise<Hop | undefined> {
    const [first] = await this.#locator.locate({ host, port, transport }, signal).catch(() => []);
    return first;
  }

  hangUpLost({ dialog }: Readonly<Record<string, unknown>>): void {
    const state = readDialogState(dialog);
    if (state) this.#expectFarewell(this.#options.userAgent.takeOver(state).bye('The server that carried this call is gone'));
  }

  /** Takes an INVITE that the user agent got. */
  invited(invite: IncomingInvite): void {
    const { onIncoming, clock } = this.#options;
    if (!onIncoming || this.#closing !== undefined) {
      invite.reject(503, undefined, [['Retry-After', String(RETRY_SECONDS)]]);
      return;
    }
    const call = new RingingCall(invite, {
      clock,
      reserve: (ringing, near) => this.#reserveFor(ringing, near),
      hasCredentials: this.#options.userCheck?.presents(invite.headers) === true,
      identify: (ringing) => this.#identify(ringing),
      onClosed: () => this.#ringing.delete(call),
    });
    this.#ringing.add(call);
    onIncoming(call);
  }

  /** Takes an INVITE that is to take the place of one of our dialogs. */
  replaced(invite: IncomingInvite, dialog: unknown): void {
    const leg = [...this.#legs].find((candidate) => candidate.isOf(dialog));
    if (leg) void leg.moveTo(invite);
    else invite.reject(481);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const call of this.#ringing) call.reject(503, RETRY_SECONDS);
    await Promise.all([...this.#legs].map((leg) => leg.end()));
    const patience = new AbortController();
    const waited = sleep(this.#options.clock, FAREWELL_MS, patience.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#farewells).then(() => this.#options.userAgent.callsAnswered()), waited]);
    patience.abort();
    await this.#options.userAgent.close();
    await this.#options.media.close();
  }

  async #identify({ requestUri, headers, source }: IncomingInvite): Promise<CallingUser | Denial> {
    const { userCheck, onDenied, onLetIn } = this.#options;
    if (!userCheck) return { denied: 'unauthenticated', status: 403, headers: [] };
    const user = await userCheck.check({ method: 'INVITE', uri: requestUri, headers, source }, 'proxy');
    if ('denied' in user) onDenied?.(user.denied, source.address);
    else onLetIn?.(source.address);
    return user;
  }

  async #reserveFor(call: RingingCall, near: AnsweredCall | undefined): Promise<IncomingSlot> {
    const stream = await this.#options.media.open(near && streamOf(near));
    let used = false;
    return {
      answer: (request, events) => {
        used = true;
        const leg = new InboundLeg(
          this.#legParts(request, events, stream, request, () => this.#legs.delete(leg)),
          call.invite,
        );
        this.#legs.add(leg);
        call.answerOn(leg);
        return leg;
      },
      release: async () => {
        if (!used) await stream.close();
      },
    };
  }

  #dial(request: DialRequest, events: LegEvents, stream: MediaStream): PlacedCall {
    const parts = this.#legParts(request, events, stream, { codecs: DEFAULT_CODECS, ...request.trunk }, () => this.#legs.delete(leg));
    const { ringTimeoutMs, responseTimeoutMs, progressTimeoutMs } = request;
    const inviteAgain = (): void => void this.#invite(leg, request, parts.media);
    const leg: OutboundLeg = new OutboundLeg({
      ...parts,
      ringTimeoutMs,
      inviteAgain,
      ...(responseTimeoutMs !== undefined && { responseTimeoutMs }),
      ...(progressTimeoutMs !== undefined && { progressTimeoutMs }),
    });
    this.#legs.add(leg);
    inviteAgain();
    return leg;
  }

  #ring(request: RingRequest, events: LegEvents, stream: MediaStream): PlacedCall {
    const parts = this.#legParts(request, events, stream, { codecs: DEFAULT_CODECS, ...request }, () => this.#legs.delete(leg));
    const leg = new OutboundLeg({ ...parts, ringTimeoutMs: request.ringTimeoutMs });
    this.#legs.add(leg);
    const invites = request.bindings.map(
      ({ contact, path, source }): SendInvite =>
        (branch, again) => {
          const { media } = parts;
          const offer = again ? media.secureOfferTo(source.address) : media.offerTo(source.address);
          if (offer === undefined) return undefined;
          const host = writeHostPort(parts.media.address, undefined);
          return this.#options.userAgent.invite(
            {
              to: { ...source, isOnlyWay: true },
              requestUri: contact,
              from: writeUri({ scheme: 'sip', user: request.from, host, params: new Map(), headers: [] }),
              toUri: writeUri({ scheme: 'sip', user: request.to, host, params: new Map(), headers: [] }),
              offer,
              headers: path.map((proxy) => ['Route', proxy] as const),
            },
            again ? insistingOnKeys(branch, media) : branch,
          );
        },
    );
    if (invites.length === 0) leg.fail({ why: 'unreachable', sip: 480, reason: 'No phone of the user has registered' });
    else leg.attach(new ParallelInvites(invites, leg));
    return leg;
  }

  #expectFarewell(farewell: Promise<void>): void {
    this.#farewells.add(farewell);
    void farewell.finally(() => this.#farewells.delete(farewell));
  }

  #legParts(
    { legId, from, to }: AnswerRequest,
    events: LegEvents,
    stream: MediaStream,
    {
      srtp: policy = 'off',
      codecs = audioCodecs,
      inbandDigits = 'fallback',
      rtpSource = 'latch',
      digits = 'rtp',
    }: Omit<AnswerRequest, 'legId' | 'from' | 'to'>,
    onClosed: () => void,
  ): LegParts {
    const { random, clock } = this.#options;
    const { local } = stream;
    const addresses = { ...byFamily([local.address]), ...this.#options.publicAddresses };
    const family = familyOf(local.address);
    const otherAddress = addresses[family === 4 ? 6 : 4];
    const srtp = newLocalSrtp(policy, random);
    const offer = {
      address: addresses[family] ?? local.address,
      ...(otherAddress !== undefined && { otherAddress }),
      port: local.port,
      sessionId: String(random.below(0x7fff_ffff)),
      version: 1,
      codecs,
      telephoneEvent: TELEPHONE_EVENT,
      ...(srtp && { srtp }),
    };
    const media = new LegMedia(stream, offer, { inbandDigits, rtpSource, digits, newSrtp: () => newLocalSrtp(policy, random) });
    const onFarewell = (farewell: Promise<void>): void => this.#expectFarewell(farewell);
    const findLeg: LegParts['findLeg'] = (replaces) => [...this.#legs].find((leg) => leg.isNamed(replaces));
    return { legId, from, to, events, media, clock, findLeg, onClosed, onFarewell };
  }

  async #invite(leg: OutboundLeg, request: DialRequest, media: LegMedia): Promise<void> {
    const { trunk } = request;
    let headers: ReturnType<typeof extraHeaders>;
    try {
      headers = extraHeaders(request.headers);
    } catch (error) {
      leg.fail({ why: 'failed', reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    const { host, port, transport } = trunk;
    let servers: readonly LocatedServer[];
    try {
      servers = await this.#locator.locate({ host, port, transport }, leg.searching);
    } catch {
      leg.fail({ why: 'unreachable', reason: 'The host name of the trunk cannot be resolved' });
      return;
    }
    const [first, ...otherwise] = servers;
    if (leg.hangingUp || first === undefined) {
      leg.fail({ why: 'cancelled' });
      return;
    }
    const written = partiesOf(request);
    const invite = this.#options.userAgent.invite(
      {
        to: first,
        otherwise,
        ...written,
        offer: media.offerTo(first.address),
        offerTo: ({ address }) => media.offerTo(address),
        headers: [...written.headers, ...headers],
        ...(request.redirects && { redirects: redirectsTo(request.redirects, (host) => this.#firstServer(host, leg.searching)) }),
        ...(trunk.userName !== undefined &&
          trunk.password !== undefined && { credentials: { userName: trunk.userName, password: trunk.password } }),
      },
      leg,
    );
    leg.attach(invite);
  }
}

/** Follows a redirection to one of these hosts, and to no other: whoever answers the call must not choose whom we pay for. */
function redirectsTo(hosts: readonly SipHost[], locate: (host: SipHost) => Promise<Hop | undefined>): RedirectPolicy {
  return async (uri) => {
    const { host, port, params } = parseUri(uri);
    const transport = params.get('transport')?.toLowerCase();
    const allowed = hosts.find(
      (known) =>
        known.host.toLowerCase() === host.toLowerCase() &&
        (port === undefined || (known.port ?? defaultPort(known.transport ?? 'udp')) === port) &&
        (transport === undefined || (known.transport ?? 'udp') === transport),
    );
    return allowed && locate(allowed);
  };
}

/** The events of a phone that was offered keys only. */
function insistingOnKeys(events: InviteEvents, media: LegMedia): InviteEvents {
  return {
    ...events,
    answered: (dialog, sdp) => {
      media.insistOnKeys();
      events.answered(dialog, sdp);
    },
  };
}

function domainOf({ host, port, transport }: SipHost): string {
  return writeHostPort(host, port === defaultPort(transport ?? 'udp') ? undefined : port);
}

function partiesOf({ to, from, trunk, parties }: DialRequest): WrittenParties {
  return writeParties({
    called: to,
    caller: from,
    identity: 'none',
    anonymous: false,
    ...parties,
    domain: parties?.domain ?? domainOf(trunk),
    transport: transportParam(trunk.transport ?? 'udp'),
  });
}
