import type { Timer } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { AudioCodec } from '../../src/telephony/media/media-port.ts';
import { answerOffer } from '../../src/telephony/sdp/negotiate.ts';
import { readSession } from '../../src/telephony/sdp/read-session.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { familyOf } from '../../src/wire/ip-address.ts';
import type { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { PHONE } from './call-world.ts';
import { RtpPeer } from './media-rig.ts';

/** What somebody with a phone does. */
export interface Person {
  /** From the INVITE to the answer or refusal; never, if absent. */
  readonly answerAfterMs?: number;
  readonly reject?: number;
  /** The Contact of that refusal, a redirection. */
  readonly movedTo?: string | undefined;
  /** What the network of theirs says before the answer: a mu-law code, from the INVITE on. */
  readonly announces?: number;
  /** From the answer to hanging up. */
  readonly hangUpAfterMs?: number | undefined;
  /** The mu-law code that they say again and again, or a byte of another codec. */
  readonly says?: number;
  /** The codecs that their phone has, of 8000 Hz: it takes the first of each offer that is one of them. PCMU, if absent. */
  readonly codecs?: readonly AudioCodec[];
  /** Sends no audio at all. */
  readonly isMute?: boolean;
  /** The direction that their phone answers calls with; sendrecv, if absent. */
  readonly direction?: 'sendonly' | 'recvonly' | 'inactive';
  /** Refuses every change of the session with 488. */
  readonly refusesChanges?: boolean;
  /** Keys, and when they are pressed after the answer. */
  readonly presses?: { readonly atMs: number; readonly keys: string };
  /** The same in SIP INFO, one every 200 ms. */
  readonly tells?: { readonly atMs: number; readonly keys: string };
}

/** What was seen of a call to a person. */
export interface PersonCall {
  readonly number: string;
  readonly from: string;
  readonly callId: string;
  readonly atMs: number;
  /** The payload types of the first offer, in order. */
  readonly formats: readonly string[];
  /** Directions of the offers that came after the first. */
  readonly offers: string[];
  cancelled: boolean;
  cancelledAtMs?: number;
  answered: boolean;
  ended: 'peer' | 'us' | 'error' | undefined;
  readonly rtp: RtpPeer;
  /** Digits that came in SIP INFO. */
  told: string;
  /** Once it is answered. */
  dialog?: Dialog;
  /** Once it is answered: presses keys now. */
  press?: (keys: string) => Promise<void>;
}

/** The phones at one address, by default that of the trunk, each with a person of its own. */
export function partyPhones(
  { clock, network }: { clock: VirtualClock; network: MemoryNetwork },
  people: Readonly<Record<string, Person>>,
  address = PHONE,
  /** The Contact with which they answer. */
  contact?: string,
) {
  const calls: PersonCall[] = [];
  let port = 6000;
  const family = familyOf(address);
  const wire = network.wire('udp', { address, port: 5060 });
  const agent = new UserAgent({
    wires: [contact === undefined ? wire : { ...wire, send: (bytes, to) => wire.send(withContact(bytes, contact, address), to) }],
    clock,
    random: seededRandom(12),
    log: silentLogger,
    product: 'phones',
    onInvite: (invite) => take(invite),
    onReplace: (invite, replaced) => replace(invite, replaced),
  });

  const sdpOf = (call: PersonCall): string =>
    `v=0\r\no=- 1 1 IN IP${family} ${address}\r\ns=-\r\nc=IN IP${family} ${address}\r\nt=0 0\r\nm=audio ${call.rtp.endpoint.port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n`;

  /** What a phone answers, and how its audio is numbered. */
  function answerOf({ codecs }: Person, call: PersonCall, offer: string): { sdp: string; payloadType: number } {
    if (!codecs) return { sdp: sdpOf(call), payloadType: 0 };
    const { answer, agreed } = answerOffer(offer, { ...call.rtp.endpoint, sessionId: '1', version: 1, codecs });
    return { sdp: answer, payloadType: agreed.payloadType };
  }

  function take(invite: IncomingInvite): void {
    const number = userOf(invite.to);
    const person = people[number];
    if (!person) {
      invite.reject(404);
      return;
    }
    const call = newCall(number, invite);
    invite.ring();
    let announcing: Timer | undefined;
    invite.onCancelled = () => {
      call.cancelled = true;
      call.cancelledAtMs = clock.now();
      announcing?.cancel();
    };
    const { announces } = person;
    if (announces !== undefined) {
      invite.ring(sdpOf(call));
      const announce = (): void => {
        if (call.answered) return;
        call.rtp.sendAudio(audioOf(invite.sdp ?? ''), announces);
        announcing = clock.after(20, announce);
      };
      announce();
    }
    if (person.answerAfterMs !== undefined) {
      clock.after(person.answerAfterMs, () => {
        announcing?.cancel();
        void answer(invite, person, call);
      });
    }
  }

  function newCall(number: string, invite: IncomingInvite): PersonCall {
    const call: PersonCall = {
      number,
      from: userOf(invite.from),
      callId: invite.callId,
      atMs: clock.now(),
      formats: readSession(invite.sdp ?? '').media[0]?.formats ?? [],
      offers: [],
      cancelled: false,
      answered: false,
      ended: undefined,
      rtp: new RtpPeer(network.datagramSocket({ address, port }), clock),
      told: '',
    };
    port += 2;
    calls.push(call);
    return call;
  }

  /** Takes a call in the place of another one (RFC 3891), and hangs that one up. */
  function replace(invite: IncomingInvite, replaced: unknown): void {
    const before = calls.find(({ dialog }) => dialog === replaced);
    const person = before && people[before.number];
    if (!person) invite.reject(481);
    else void answer(invite, { ...person, hangUpAfterMs: undefined }, newCall(before.number, invite)).then(() => before.dialog?.bye());
  }

  async function answer(invite: IncomingInvite, person: Person, call: PersonCall): Promise<void> {
    if (call.cancelled) return;
    if (person.reject !== undefined) {
      invite.reject(person.reject, undefined, person.movedTo === undefined ? [] : [['Contact', `<${person.movedTo}>`]]);
      return;
    }
    const { sdp, payloadType } = answerOf(person, call, invite.sdp ?? '');
    const dialog = await invite.answer(person.direction ? `${sdp}a=${person.direction}\r\n` : sdp);
    call.answered = true;
    dialog.onDigit = (digit) => {
      call.told += digit;
    };
    const telling = [...(person.tells?.keys ?? '')].map((key, at) =>
      clock.after((person.tells?.atMs ?? 0) + at * 200, () => void dialog.tellDigit(key, 100)),
    );
    let version = 1;
    dialog.onReinvite = (offer = '') => {
      const direction = /^a=(sendonly|recvonly|inactive)\r$/m.exec(offer)?.[1] ?? 'sendrecv';
      call.offers.push(direction);
      const answer = sdp.replace('o=- 1 1', `o=- 1 ${++version}`);
      return person.refusesChanges ? undefined : `${answer}a=${direction === 'sendonly' ? 'recvonly' : direction}\r\n`;
    };
    call.dialog = dialog;
    const to = audioOf(invite.sdp ?? '');
    let beat: Timer | undefined;
    let quiet = false;
    const speak = (): void => {
      if (!quiet && !person.isMute) call.rtp.sendAudio(to, person.says ?? 0xff, payloadType);
      beat = clock.after(20, speak);
    };
    speak();
    const press = async (keys: string): Promise<void> => {
      quiet = true;
      await call.rtp.press(to, keys);
      quiet = false;
    };
    call.press = press;
    const { presses } = person;
    const pressing = presses && clock.after(presses.atMs, () => void press(presses.keys));
    const hangingUp = person.hangUpAfterMs === undefined ? undefined : clock.after(person.hangUpAfterMs, () => void dialog.bye());
    dialog.onEnded(({ by }) => {
      call.ended = by;
      beat?.cancel();
      pressing?.cancel();
      for (const timer of telling) timer.cancel();
      hangingUp?.cancel();
    });
  }

  return {
    agent,
    calls,
    callTo: (number: string) => calls.find((call) => call.number === number),
    /** What a person has heard, each code once, in order. */
    heard: (number: string, sinceMs = 0): number[] => [
      ...new Set(
        calls
          .find((call) => call.number === number)
          ?.rtp.received.filter(({ atMs }) => atMs >= sinceMs)
          .map(({ payload }) => payload[0] ?? -1),
      ),
    ],
    /** Forgets the calls so far, which must be over, and closes their ports. */
    forget(): void {
      for (const { rtp } of calls) rtp.close();
      calls.length = 0;
    },
    close: () => agent.close(),
  };
}

const userOf = (address: string): string => /sips?:([^@;>]*)/.exec(address)?.[1] ?? address;

/** A message with another Contact than that of whoever sends it, from behind a proxy that still leads there. */
function withContact(bytes: Uint8Array, contact: string, address: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  return Buffer.from(text.replace(/^Contact: .*\r$/m, `Contact: <${contact}>\r\nRecord-Route: <sip:${address}:5060;lr>\r`), 'latin1');
}

/** Where the audio goes that this description asks for. */
export function audioOf(sdp: string): Endpoint {
  const [media] = readSession(sdp).media;
  return { address: media?.address ?? '', port: media?.port ?? 0 };
}
