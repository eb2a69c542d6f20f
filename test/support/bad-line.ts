import { badForMedia, badNetworks } from './bad-networks.ts';
import { type Cut, LineCuts } from './line-cuts.ts';
import { LineFaults, type RelayFaults } from './line-faults.ts';
import { rewriteSip } from './rewrite-sip.ts';
import { boundPair, StandIn } from './stand-in.ts';

type Side = 'near' | 'far';
type Pair = readonly [StandIn, StandIn];
type OnMedia = (to: Side, packet: Buffer) => void;

/** A bad network between two sides at one address of this machine, near us and far from us, with SIP and RTP over UDP. */
export interface BadLine {
  /** Where the far side reaches a port of the near one, and the other way: what is asked for so is forwarded by the NAT of the far side. */
  nearAt(port: number): Promise<number>;
  farAt(port: number): Promise<number>;
  /** The line is dead there from now on, or from when it says. */
  cut(cut: Cut): void;
  /** How much has not passed because the line was dead. */
  readonly stopped: number;
  /** The NAT of the far side gives other ports to its RTP, and forgets the ones that it had. */
  rebindMedia(): Promise<void>;
  /** The ports of the near side that RTP and RTCP have passed to or from. */
  readonly nearMediaPorts: readonly number[];
  /** The ports that the near side has named for RTP and RTCP, used or not. */
  readonly namedMediaPorts: readonly number[];
  /** The start lines of SIP that has arrived, at either side, in order. */
  readonly arrived: readonly string[];
  /** What became of SIP, and of RTP and RTCP. */
  readonly sip: LineFaults['counts'];
  readonly media: LineFaults['counts'];
  /** Packets of RTP that came to the near side twice. */
  readonly repeatedToNear: number;
  /** How often the far side got another port. */
  readonly rebound: number;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a network of `badNetworks`. Every port of either side has one of the line that stands for it on the other side; a datagram that comes
 * to one goes on to the port that it stands for, from the port that stands for its sender. Ports in messages are written anew, so that
 * nothing goes past the line: neither side has to know of it, but for the port that it calls first.
 */
export function badLine(network: string, seed: number, address?: '127.0.0.1' | '::1'): BadLine {
  const sip = badNetworks[network];
  const media = badForMedia[network];
  if (!sip || !media) throw new Error(`No network ${network}`);
  return new Line(sip, media, seed, address);
}

/** The same with a network that does nothing to what passes it, until it is cut. `onMedia` gets every packet on its way to a side. */
export function quietLine(onMedia?: OnMedia): BadLine {
  return new Line({}, {}, 1, undefined, onMedia);
}

class Line implements BadLine {
  readonly #address: string;
  readonly #rebindsEvery: number | undefined;
  readonly #sipFaults: LineFaults;
  readonly #mediaFaults: LineFaults;
  readonly #pairs: Record<Side, Map<number, Promise<Pair>>> = { near: new Map(), far: new Map() };
  readonly #known: Record<Side, Set<StandIn>> = { near: new Set(), far: new Set() };
  readonly #media = new Set<StandIn>();
  readonly #namedMedia = new Set<number>();
  readonly arrived: string[] = [];
  readonly #cuts = new LineCuts();
  readonly #onMedia: OnMedia;
  #sipFromFar = 0;
  #rebound = 0;
  #repeatedToNear = 0;
  #isOpen = true;

  constructor(sip: RelayFaults, media: RelayFaults, seed: number, address = '127.0.0.1', onMedia: OnMedia = () => {}) {
    this.#address = address;
    this.#onMedia = onMedia;
    this.#rebindsEvery = sip.rebindsEvery;
    this.#sipFaults = new LineFaults(sip, seed);
    this.#mediaFaults = new LineFaults(media, seed + 1);
  }

  get sip(): LineFaults['counts'] {
    return this.#sipFaults.counts;
  }

  get media(): LineFaults['counts'] {
    return this.#mediaFaults.counts;
  }

  get nearMediaPorts(): readonly number[] {
    return [...this.#known.near].filter((one) => this.#media.has(one)).map((one) => one.of);
  }

  get namedMediaPorts(): readonly number[] {
    return [...this.#namedMedia];
  }

  get stopped(): number {
    return this.#cuts.stopped;
  }

  get repeatedToNear(): number {
    return this.#repeatedToNear;
  }

  get rebound(): number {
    return this.#rebound;
  }

  async nearAt(port: number): Promise<number> {
    return (await this.#standIn('near', port)).port;
  }

  async farAt(port: number): Promise<number> {
    return (await this.#standIn('far', port)).forward().port;
  }

  cut(cut: Cut): void {
    this.#cuts.add(cut);
  }

  async rebindMedia(): Promise<void> {
    const ofFar = [...this.#known.far].filter((one) => this.#media.has(one));
    this.#rebound += ofFar.length;
    await Promise.all(ofFar.map((one) => one.rebind()));
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sipFaults.close();
    this.#mediaFaults.close();
    for (const side of ['near', 'far'] as const) for (const pair of this.#pairs[side].values()) for (const one of await pair) one.close();
  }

  /** What stands for a port of this side, and in the same way for the port after it. */
  async #standIn(side: Side, port: number): Promise<StandIn> {
    const known = this.#pairs[side].get(port);
    const pair = known ?? this.#open(side, port);
    const found = (await pair).find((one) => one.of === port);
    if (!found) throw new Error('unreachable');
    return found;
  }

  #open(side: Side, port: number): Promise<Pair> {
    const opened = boundPair(this.#address).then(([first, second]): Pair => {
      const made = ([first, second] as const).map((socket, index) => {
        const one = new StandIn(port + index, socket, (bytes, from) => void this.#take(side, one, bytes, from));
        this.#known[side].add(one);
        return one;
      });
      const [rtp, rtcp] = made;
      if (!rtp || !rtcp) throw new Error('unreachable');
      return [rtp, rtcp];
    });
    this.#pairs[side].set(port, opened);
    if (!this.#pairs[side].has(port + 1)) this.#pairs[side].set(port + 1, opened);
    return opened;
  }

  /** Something came for a port of `side`. */
  async #take(side: Side, to: StandIn, bytes: Buffer, fromPort: number): Promise<void> {
    if (!this.#isOpen) return;
    const other = side === 'near' ? 'far' : 'near';
    const from = await this.#standIn(other, fromPort);
    // RTP and RTCP begin with a byte that is no letter.
    const isSip = (bytes[0] ?? 0) >= 0x41 && (bytes[0] ?? 0) <= 0x5a;
    if (!isSip) {
      this.#media.add(from).add(to);
      if (this.#cuts.stops(other, undefined)) return;
      this.#onMedia(side, bytes);
      let copies = 0;
      this.#mediaFaults.pass(bytes, () => {
        from.send(bytes, to.of);
        // RTCP is on the odd port above.
        if (++copies === 2 && side === 'near' && to.of % 2 === 0) this.#repeatedToNear++;
      });
      return;
    }
    const message = bytes.toString('latin1');
    if (this.#cuts.stops(other, message)) return;
    if (other === 'far' && this.#rebindsEvery !== undefined && ++this.#sipFromFar % this.#rebindsEvery === 0) {
      this.#rebound++;
      await from.rebind();
    }
    const text = await rewriteSip(message, {
      portFor: (port) => this.#named(other, port) ?? this.#meant(side, port),
      mediaPortFor: async (port) => {
        if (other === 'near') this.#namedMedia.add(port);
        return (await this.#standIn(other, port)).port;
      },
    });
    const written = Buffer.from(text, 'latin1');
    this.#sipFaults.pass(written, () => {
      this.arrived.push(text.slice(0, text.indexOf('\r\n')));
      from.send(written, to.of);
    });
  }

  /** The port that stands for one of the sender. */
  #named(side: Side, port: number): number | undefined {
    return [...this.#known[side]].find((one) => one.of === port)?.port;
  }

  /** The port of the receiver that the sender knows under this one. */
  #meant(side: Side, port: number): number | undefined {
    return [...this.#known[side]].find((one) => one.port === port)?.of;
  }
}
