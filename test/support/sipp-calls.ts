import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { DialogEnd } from '../../src/telephony/sip/dialog-ending.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { OutgoingInvite, OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint, WireKind } from '../../src/wire/wire.ts';
import { type BadStream, badStream } from './bad-stream.ts';
import { comesOnce } from './comes-once.ts';
import type { RelayFaults } from './line-faults.ts';
import { type LossyRelay, lossyRelay, type Passage } from './lossy-relay.ts';
import { type LostForGood, lostForGood } from './lost-for-good.ts';
import { factsOf } from './message-facts.ts';
import { CallLog, request } from './sip-agents.ts';
import { type Scenario, type Sipp, sippCallee, sippCaller } from './sipp.ts';
import { type SippStep, sippScenario } from './sipp-scenario.ts';
import { SkippingClock } from './skipping-clock.ts';
import type { StreamFaults } from './stream-flow.ts';
import { type EndedCall, isDecided } from './unexplained-end.ts';

export interface SippRun {
  /** Over what, where the network is clean; a bad one has its own. */
  readonly transport?: WireKind;
  /** The scenario gets repeated messages too, which sipp absorbs otherwise. */
  readonly seesRepetitions?: boolean;
  readonly options?: readonly string[];
  readonly agent?: Partial<UserAgentOptions>;
}

/** The steps of sipp, or the name of a file in test/interop/sipp. */
export type Played = readonly SippStep[] | string;

/** A network that is bad for UDP. */
export interface BadNetwork {
  readonly faults: RelayFaults;
  readonly seed: number;
}

/** A network that is bad for TCP. */
export interface BadTcp {
  readonly stream: StreamFaults;
  /** Which message is the first that does not arrive, as the connection is closed. Absent: all do. */
  readonly losesNth?: number;
}

/** Over a bad network our timers run so much faster, that what is lost is repeated soon. */
const SPEED = 4;
/** What all timers of a call together last at the most, save those of its session, and in which steps they are let run out. */
const LONGEST_MS = 200_000;
const STEP_MS = 4_000;
/** How long sipp may take to come to its end when nothing more is sent to it but what ends its calls. */
const PATIENCE_MS = 3_000;
/** It goes on when a message comes that its scenario does not have next, and gives up when nothing has come for some seconds. */
const PATIENT = ['-default_behaviors', 'none', '-recv_timeout', '5000', '-timeout', '15'];

interface Outgoing {
  readonly invite: OutgoingInvite;
  readonly call: CallLog;
  givenUp: EndedCall['givenUp'];
}

/** Calls between user agents of ours and sipp on loopback, for one run of a scenario. */
export class SippCalls {
  readonly clock: SkippingClock;
  readonly #network: BadNetwork | undefined;
  readonly #tcp: BadTcp | undefined;
  readonly #streams: BadStream[] = [];
  readonly #closing: (() => Promise<void>)[] = [];
  readonly #peers: Sipp[] = [];
  readonly #agents: UserAgent[] = [];
  readonly #outgoing: Outgoing[] = [];
  readonly #incoming: IncomingInvite[] = [];
  readonly #answered: { readonly dialog: Dialog; readonly end: () => DialogEnd | undefined }[] = [];
  readonly #relays: LossyRelay[] = [];
  #hasSkipped = false;
  #complain: (of: string) => void = () => {};
  #hasComplained = false;
  /** Resolves with what sipp complains of first; never, when it keeps to all scenarios. */
  readonly complaint = new Promise<string>((resolve) => {
    this.#complain = resolve;
  });

  /** Whether sipp has complained already. */
  get hasComplained(): boolean {
    return this.#hasComplained;
  }

  constructor(network?: BadNetwork | BadTcp) {
    const isTcp = network && 'stream' in network;
    this.#network = isTcp ? undefined : network;
    this.#tcp = isTcp ? network : undefined;
    this.clock = new SkippingClock(this.#network ? SPEED : 1);
  }

  /** Calls sipp, which does the steps as the callee. */
  async call(steps: Played, run: SippRun & { readonly invite?: Partial<OutgoingInviteRequest> } = {}) {
    const { transport, agent, udp, tcp } = await this.open(run);
    const { sipp, at } = await this.callee(steps, transport === 'tcp' ? tcp : udp, run);
    const call = new CallLog();
    const credentials = { userName: 'user', password: 'secret' };
    const invite = agent.invite(request(transport, { to: { ...at, transport }, credentials, ...run.invite }), call);
    const outgoing: Outgoing = { invite, call, givenUp: undefined };
    this.#outgoing.push(outgoing);
    const cancel = (reason?: string): void => this.#giveUp(outgoing, reason);
    return { sipp, agent, call, invite: { cancel } };
  }

  /** Takes the call of sipp, which does the steps as the caller. */
  async take(steps: Played, onInvite: ((invite: IncomingInvite) => void) | undefined, run: SippRun = {}) {
    const seen = onInvite && {
      onInvite: (invite: IncomingInvite): void => {
        this.#incoming.push(invite);
        onInvite(invite);
      },
    };
    const opened = await this.open({ ...run, agent: { ...run.agent, ...seen } });
    const { transport } = opened;
    const ours = transport === 'tcp' ? opened.tcp : opened.udp;
    const relay = await this.#relay(ours, run);
    const to = relay?.forFar ?? ours;
    const options = [...(run.seesRepetitions ? ['-nr'] : []), ...this.#options(run)];
    const sipp = this.#peer(await sippCaller(scenarioOf('caller', steps), transport, to, 'test', options));
    relay?.setFar(sipp.local.port);
    return { sipp, agent: opened.agent };
  }

  /** Answers a call of sipp, which may be over by then. It is hung up at the end of the run, if it still is there. */
  answer(invite: IncomingInvite, sdp: string, then: (dialog: Dialog) => void = () => {}): void {
    void invite.answer(sdp).then(
      (dialog) => {
        let end: DialogEnd | undefined;
        this.#answered.push({ dialog, end: () => end });
        dialog.onEnded((ended) => {
          end = ended;
        });
        then(dialog);
      },
      () => undefined,
    );
  }

  /** Starts sipp as the callee, and says where whoever is at `near` reaches it. */
  async callee(steps: Played, near: Endpoint, run: SippRun = {}): Promise<{ sipp: Sipp; at: Endpoint }> {
    const relay = await this.#relay(near, run);
    const scenario = scenarioOf('callee', steps);
    const sipp = this.#peer(await sippCallee(scenario, this.#transport(run), run.seesRepetitions, this.#options(run)));
    relay?.setFar(sipp.local.port);
    return { sipp, at: relay?.forNear ?? sipp.local };
  }

  /** A user agent of ours. */
  async open(run: SippRun = {}) {
    const local = { address: '127.0.0.1', port: 0 };
    const udp = await openUdp({ local, log: silentLogger });
    const tcp = await openTcp({ local, clock: this.clock, log: silentLogger });
    const parts = { clock: this.clock, random: systemRandom, log: silentLogger };
    const agent = new UserAgent({ wires: [udp, tcp], ...parts, product: 'test', ...run.agent });
    this.#agents.push(agent);
    this.#closing.push(() => agent.close());
    return { agent, udp: udp.local, tcp: tcp.local, transport: this.#transport(run) };
  }

  /** What happened to a call. Provisional responses may get lost, or come twice or late, where the network is bad. */
  expectEvents(call: CallLog, events: readonly string[]): void {
    if (!this.#network) expect(call.events).toEqual(events);
    else expect(call.events.filter(isLasting)).toEqual(events.filter(isLasting));
  }

  /**
   * Waits until sipp has hung up. Where the network is bad, it may take a late response for that to its BYE, and be gone while its BYE
   * was lost: there the end of the run hangs up.
   */
  async hungUp(agent: UserAgent): Promise<void> {
    if (!this.#network) await vi.waitFor(() => expect(agent.liveDialogs).toBe(0), 10_000);
  }

  /** What the networks for TCP have done. */
  get streams(): readonly BadStream['counts'][] {
    return this.#streams.map(({ counts }) => counts);
  }

  /** Ends what the scenario has left of calls, and answers what sipp complained of, '' if of nothing. */
  async finish(): Promise<string> {
    this.#hasSkipped = this.clock.skippedMs > 0;
    for (const outgoing of this.#outgoing) this.#giveUp(outgoing);
    for (const { call } of this.#outgoing) void call.dialog?.bye();
    for (const invite of this.#incoming) invite.reject(480);
    for (const { dialog } of this.#answered) void dialog.bye();
    const said = await Promise.all(this.#peers.map(endOf));
    // A connection is kept, with its timers, for the next call.
    await Promise.all(this.#streams.map((stream) => stream.close()));
    return said.find((one) => one !== '') ?? '';
  }

  /** Lets every timer run out. Answers what is left of calls, dialogs, transactions and timers: zeros when nothing leaks. */
  async leftovers(): Promise<Record<string, number>> {
    const left = () => ({
      calls: this.#outgoing.filter(({ call }) => call.failure === undefined && call.end === undefined).length,
      dialogs: this.#agents.reduce((sum, { liveDialogs }) => sum + liveDialogs, 0),
      transactions: this.#agents.reduce((sum, { liveTransactions }) => sum + liveTransactions, 0),
      timers: this.clock.pendingTimers,
    });
    for (let skippedMs = 0; skippedMs < LONGEST_MS && Object.values(left()).some((count) => count > 0); skippedMs += STEP_MS) {
      this.clock.skip(STEP_MS);
      await delay(10);
    }
    return left();
  }

  /** Of each call that was placed: whether it was answered, and how it ended. */
  get outcomes(): readonly string[] {
    return this.#outgoing.map(outcomeOf);
  }

  /** Of each call that was placed or answered: its end, and all that passed in it. */
  get ends(): readonly EndedCall[] {
    const placed = this.#outgoing.map((one): EndedCall => {
      const { invite, call, givenUp } = one;
      const status = (call.failure ?? call.end)?.status;
      return { caller: 'near', outcome: outcomeOf(one), status, givenUp, passages: this.#passagesOf(invite.callId) };
    });
    const taken = this.#answered.map(({ dialog, end }): EndedCall => {
      const outcome = `answered ended by ${end()?.by}`;
      return { caller: 'far', outcome, status: end()?.status, givenUp: undefined, passages: this.#passagesOf(dialog.state.callId) };
    });
    return [...placed, ...taken];
  }

  /** What was lost between us and all sipps, and never arrived. */
  get lostForGood(): LostForGood {
    const all = this.#relays.map(({ passages }) => lostForGood(passages));
    const rightly = all.flatMap((lost) => lost.rightly);
    const byUs = all.flatMap((lost) => lost.byUs);
    const hasCancelled = this.#outgoing.some(({ call }) => call.failure?.why === 'cancelled');
    // Who has heard nothing of an INVITE that is cancelled shall hear nothing. Where time was left out, an answer that comes again is too old.
    const isRight = (line: string): boolean =>
      (hasCancelled && line.startsWith('INVITE ')) || (this.#hasSkipped && line.startsWith('ACK '));
    return { rightly: [...rightly, ...byUs.filter(isRight)], byUs: byUs.filter((line) => !isRight(line)) };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()));
  }

  #giveUp(outgoing: Outgoing, reason?: string): void {
    const { invite, call } = outgoing;
    if (call.failure === undefined && call.dialog === undefined)
      outgoing.givenUp ??= isDecided(this.#passagesOf(invite.callId)) ? 'decided' : 'undecided';
    invite.cancel(reason);
  }

  #passagesOf(callId: string): readonly Passage[] {
    return this.#relays.flatMap(({ passages }) => passages.filter(({ message }) => factsOf(message).callId === callId));
  }

  async #relay({ port }: Endpoint, { seesRepetitions = false }: SippRun) {
    if (this.#tcp) {
      const { stream: faults, losesNth } = this.#tcp;
      const stream = await badStream({ nearPort: port, faults });
      if (losesNth !== undefined) stream.cut({ at: (nth) => nth === losesNth });
      this.#streams.push(stream);
      this.#closing.push(() => stream.close());
      return stream;
    }
    if (!this.#network) return undefined;
    const relay = await lossyRelay(port, this.#network.faults, this.#network.seed + this.#relays.length, (from, message) =>
      comesOnce(message, seesRepetitions, from === 'near'),
    );
    this.#relays.push(relay);
    this.#closing.push(() => relay.close());
    return relay;
  }

  #peer(sipp: Sipp): Sipp {
    this.#peers.push(sipp);
    void sipp.done.then((said) => {
      if (said === '') return;
      this.#hasComplained = true;
      this.#complain(said);
    });
    this.#closing.push(() => sipp.stop());
    return sipp;
  }

  #transport({ transport = 'udp' }: SippRun): WireKind {
    if (this.#network) return 'udp';
    return this.#tcp ? 'tcp' : transport;
  }

  #options({ options = [] }: SippRun): readonly string[] {
    return this.#network || this.#tcp?.losesNth !== undefined ? [...options, ...PATIENT] : options;
  }
}

/** One that nothing has reached would wait for long. */
async function endOf(sipp: Sipp): Promise<string> {
  const said = await Promise.race([sipp.done, delay(PATIENCE_MS)]);
  if (said !== undefined) return said;
  await sipp.stop();
  return 'sipp was stopped';
}

function scenarioOf(role: 'caller' | 'callee', played: Played): Scenario {
  return typeof played === 'string' ? played : { xml: sippScenario(role, played) };
}

function outcomeOf({ call }: Outgoing): string {
  return call.events.filter((event) => /^(answered|ended|failed)/.test(event)).join(' ');
}

function isLasting(event: string): boolean {
  return !/^1\d\d$/.test(event);
}
