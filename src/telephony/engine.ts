import { type Clock, sleep } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { resolveHost } from '../wire/resolve-host.ts';
import { LegMedia } from './leg-media.ts';
import type { MediaPort, MediaStream } from './media/media-port.ts';
import { OutboundLeg } from './outbound-leg.ts';
import type { CallSlot, DialRequest, LegEvents, PlacedCall, Telephony } from './port.ts';
import { newLocalSrtp } from './sdp/srtp-offer.ts';
import { extraHeaders } from './sip/extra-headers.ts';
import { writeHostPort } from './sip/host-port.ts';
import { defaultPort, transportParam } from './sip/transport.ts';
import type { UserAgent } from './sip/user-agent.ts';

export interface EngineOptions {
  readonly userAgent: UserAgent;
  readonly media: MediaPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The address that peers send audio to, when it is not the local one. */
  readonly publicAddress?: string;
}

const TELEPHONE_EVENT = 101;
/** How long closing waits for the answers to BYE: long enough for some repetitions. */
const FAREWELL_MS = 2000;

/** The SIP user agent and the media engine behind the one door that sessions and flows know. */
export class Engine implements Telephony {
  readonly #options: EngineOptions;
  readonly #legs = new Set<OutboundLeg>();
  /** BYEs that are not answered yet. */
  readonly #farewells = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get liveLegs(): number {
    return this.#legs.size;
  }

  async reserve(): Promise<CallSlot> {
    const stream = await this.#options.media.open();
    let used = false;
    return {
      dial: (request, events) => {
        used = true;
        return this.#dial(request, events, stream);
      },
      release: async () => {
        if (!used) await stream.close();
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#legs].map((leg) => leg.end()));
    const patience = new AbortController();
    const waited = sleep(this.#options.clock, FAREWELL_MS, patience.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#farewells), waited]);
    patience.abort();
    await this.#options.userAgent.close();
    await this.#options.media.close();
  }

  #dial(request: DialRequest, events: LegEvents, stream: MediaStream): PlacedCall {
    const { random } = this.#options;
    const srtp = newLocalSrtp(request.trunk.srtp ?? 'off', random);
    const media = new LegMedia(stream, {
      address: this.#options.publicAddress ?? stream.local.address,
      port: stream.local.port,
      sessionId: String(random.below(0x7fff_ffff)),
      version: 1,
      codecs: ['PCMU', 'PCMA'],
      telephoneEvent: TELEPHONE_EVENT,
      ...(srtp && { srtp }),
    });
    const leg = new OutboundLeg({
      legId: request.legId,
      from: request.from,
      to: request.to,
      ringTimeoutMs: request.ringTimeoutMs,
      events,
      media,
      clock: this.#options.clock,
      onClosed: () => this.#legs.delete(leg),
      onFarewell: (farewell) => {
        this.#farewells.add(farewell);
        void farewell.finally(() => this.#farewells.delete(farewell));
      },
    });
    this.#legs.add(leg);
    void this.#invite(leg, request, media.offer());
    return leg;
  }

  async #invite(leg: OutboundLeg, request: DialRequest, offer: string): Promise<void> {
    const { trunk } = request;
    let headers: ReturnType<typeof extraHeaders>;
    try {
      headers = extraHeaders(request.headers);
    } catch (error) {
      leg.fail({ why: 'failed', reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    let address: string;
    try {
      address = await resolveHost(trunk.host);
    } catch {
      leg.fail({ why: 'unreachable', reason: 'The host name of the trunk cannot be resolved' });
      return;
    }
    if (leg.hangingUp) {
      leg.fail({ why: 'cancelled' });
      return;
    }
    const { transport, port } = trunk;
    const domain = writeHostPort(trunk.host, port === defaultPort(transport) ? undefined : port);
    const invite = this.#options.userAgent.invite(
      {
        to: { address, port, transport, ...(transport === 'tls' && { serverName: trunk.host }) },
        requestUri: `sip:${request.to}@${domain}${transportParam(transport)}`,
        from: `sip:${request.from}@${domain}`,
        toUri: `sip:${request.to}@${domain}`,
        offer,
        headers,
        ...(trunk.userName !== undefined &&
          trunk.password !== undefined && { credentials: { userName: trunk.userName, password: trunk.password } }),
      },
      leg,
    );
    leg.attach(invite);
  }
}
