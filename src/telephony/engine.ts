import { type Clock, sleep } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Dns } from '../wire/dns.ts';
import type { ByFamily } from '../wire/ip-address.ts';
import { ServerLocator } from '../wire/locate-servers.ts';
import { forwardsFor } from './forwards-for.ts';
import { InboundLeg } from './inbound-leg.ts';
import { codecOf, type Leg, type LegParts, streamOf } from './leg.ts';
import type { AudioCodec, MediaPort, MediaStream } from './media/media-port.ts';
import { type LegMediaRequest, newLegMedia } from './new-leg-media.ts';
import { noHopLeft, OutboundLeg } from './outbound-leg.ts';
import { ParallelInvites } from './parallel-invites.ts';
import type { PhoneConnections } from './phone-connections.ts';
import { phoneInvites, whyNoPhone } from './phone-invites.ts';
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
import { ServiceRoutes } from './service-routes.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import { readDialogState } from './sip/read-dialog-state.ts';
import type { UserAgent } from './sip/user-agent.ts';
import { ping, registrationAt, type TrunkHostParts } from './trunk-host.ts';
import { inviteOverTrunk } from './trunk-invite.ts';
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
  /** The connections of phones. Without them all phones are where they have registered from. */
  readonly connections?: Pick<PhoneConnections, 'wayTo'>;
  /** Called for each call that is not let in because its caller has shown no right password. */
  readonly onDenied?: PasswordWatch['onDenied'];
  /** Called for each call whose caller has shown the right password. */
  readonly onLetIn?: PasswordWatch['onLetIn'];
}

/** When callers may try again whom a server that starts or stops refuses. */
const RETRY_SECONDS = 5;
/** What a trunk is offered that says nothing: what every carrier has comes first. */
const DEFAULT_CODECS: readonly AudioCodec[] = ['PCMU', 'PCMA', 'G722'];
/** How long closing waits for the answers to CANCEL and BYE: long enough for some repetitions. */
const FAREWELL_MS = 2000;

/** The SIP user agent and the media engine behind the one door that sessions and flows know. */
export class Engine implements Telephony {
  readonly #options: EngineOptions;
  readonly #hostParts: TrunkHostParts;
  readonly #legs = new Set<Leg>();
  /** Incoming calls that nobody has answered or refused yet. */
  readonly #ringing = new Set<RingingCall>();
  /** BYEs that are not answered yet. */
  readonly #farewells = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { dns, clock, random, userAgent } = options;
    const locator = new ServerLocator({ dns, clock, random, canReach: (kind, family) => userAgent.canReach(kind, family) });
    this.#hostParts = { userAgent, clock, locator, serviceRoutes: new ServiceRoutes(clock) };
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
        return this.#dial(request, events, stream, near);
      },
      ring: (request, events) => {
        used = true;
        return this.#ring(request, events, stream, near);
      },
      release: async () => {
        if (!used) await stream.close();
      },
    };
  }

  ping(host: SipHost, signal: AbortSignal): Promise<number | undefined> {
    return ping(host, this.#hostParts, signal);
  }

  registration(request: RegistrationRequest, onLost?: () => void): Registration {
    return registrationAt(request, this.#hostParts, onLost);
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

  async #identify(invite: IncomingInvite): Promise<CallingUser | Denial> {
    const { requestUri, headers, source } = invite;
    const { userCheck, onDenied, onLetIn } = this.#options;
    if (!userCheck) return { denied: 'unauthenticated', status: 403, headers: [] };
    const user = await userCheck.check({ method: 'INVITE', uri: requestUri, headers, source }, 'proxy');
    if ('denied' in user) onDenied?.(user.denied, source.address);
    else {
      onLetIn?.(source.address);
      invite.isOfUser();
    }
    return user;
  }

  async #reserveFor(call: RingingCall, near: AnsweredCall | undefined): Promise<IncomingSlot> {
    const stream = await this.#options.media.open(near && streamOf(near));
    let used = false;
    const { publicAddresses = {}, random } = this.#options;
    const { invite } = call;
    return {
      takesOffer: (settings) => invite.sdp === undefined || newLegMedia(stream, settings, publicAddresses, random).takes(invite.sdp),
      answer: (request, events) => {
        used = true;
        const leg = new InboundLeg(
          this.#legParts(request, events, stream, request, () => this.#legs.delete(leg)),
          invite,
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

  #dial(request: DialRequest, events: LegEvents, stream: MediaStream, near: AnsweredCall | undefined): PlacedCall {
    const settings = { codecs: DEFAULT_CODECS, ...request.trunk, firstCodec: codecOf(near) };
    const parts = this.#legParts(request, events, stream, settings, () => this.#legs.delete(leg));
    const maxForwards = forwardsFor(near);
    const { ringTimeoutMs, responseTimeoutMs, progressTimeoutMs } = request;
    const inviteAgain = (): void => void inviteOverTrunk(leg, request, parts.media, this.#hostParts, maxForwards);
    const leg: OutboundLeg = new OutboundLeg({
      ...parts,
      forwardsLeft: maxForwards,
      ringTimeoutMs,
      inviteAgain,
      ...(responseTimeoutMs !== undefined && { responseTimeoutMs }),
      ...(progressTimeoutMs !== undefined && { progressTimeoutMs }),
    });
    this.#legs.add(leg);
    inviteAgain();
    return leg;
  }

  #ring(request: RingRequest, events: LegEvents, stream: MediaStream, near: AnsweredCall | undefined): PlacedCall {
    // Of a phone nothing is known: it is offered all that we have, Opus last unless the other side talks in it.
    const settings = { ...request, firstCodec: codecOf(near) };
    const parts = this.#legParts(request, events, stream, settings, () => this.#legs.delete(leg));
    const maxForwards = forwardsFor(near);
    const leg = new OutboundLeg({ ...parts, forwardsLeft: maxForwards, ringTimeoutMs: request.ringTimeoutMs });
    this.#legs.add(leg);
    const { userAgent, connections } = this.#options;
    const invites = phoneInvites(request, parts.media, userAgent, connections, maxForwards);
    if (maxForwards === undefined) leg.fail(noHopLeft);
    else if (invites.length === 0) leg.fail({ why: 'unreachable', sip: 480, reason: whyNoPhone(request) });
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
    settings: LegMediaRequest,
    onClosed: () => void,
  ): LegParts {
    const { random, clock, publicAddresses = {} } = this.#options;
    const media = newLegMedia(stream, settings, publicAddresses, random);
    const onFarewell = (farewell: Promise<void>): void => this.#expectFarewell(farewell);
    const findLeg: LegParts['findLeg'] = (replaces) => [...this.#legs].find((leg) => leg.isNamed(replaces));
    return { legId, from, to, events, media, clock, findLeg, onClosed, onFarewell };
  }
}
